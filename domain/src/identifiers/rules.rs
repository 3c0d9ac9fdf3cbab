//! The rules of the identifiers, in the two languages.

crate::text::rule_table! {
    INE_FORM:
        "not an INE of any of the three forms, or one digit repeated; check it on the learner's school record"
        / "L'INE n'a aucune des trois formes connues, ou répète un seul chiffre : vérifiez-le sur un relevé de notes ou un certificat de scolarité.";
    SIRET_FORM:
        "a SIRET has 14 digits; check it in the Sirene directory"
        / "Un SIRET compte 14 chiffres : vérifiez-le dans l'annuaire des entreprises.";
    SIRET_KEY:
        "the control digit of the SIRET is wrong: a digit was mistyped; check it in the Sirene directory"
        / "La clé de contrôle du SIRET est fausse, un chiffre est sans doute mal saisi : vérifiez-le dans l'annuaire des entreprises.";
    UAI_FORM:
        "a UAI has 7 digits and a letter; check it in the national directory of establishments"
        / "Un code UAI compte 7 chiffres puis une lettre : vérifiez-le dans l'annuaire de l'éducation.";
    UAI_KEY:
        "the control letter of the UAI is wrong: a character was mistyped; check it in the national directory of establishments"
        / "La lettre de contrôle du code UAI est fausse, un caractère est sans doute mal saisi : vérifiez-le dans l'annuaire de l'éducation.";
    RNCP_FORM:
        "an RNCP code is RNCP and 2 to 5 digits; check it on the France compétences site"
        / "Un code RNCP s'écrit RNCP suivi de 2 à 5 chiffres : vérifiez-le sur le site de France compétences.";
    CFD_FORM:
        "a CFD (code formation diplôme) has 8 letters or digits; check it in the national nomenclature"
        / "Un code formation diplôme compte 8 lettres ou chiffres : vérifiez-le dans le catalogue des formations.";
    COMMUNE_FORM:
        "an INSEE commune code is 2 digits, 2A or 2B, then 3 digits; do not send the postcode in its place"
        / "Un code commune INSEE s'écrit avec 2 chiffres (ou 2A, 2B) puis 3 chiffres : ce n'est pas le code postal.";
    POSTCODE_FORM:
        "a postcode has 5 digits; correct it or leave it empty"
        / "Un code postal compte 5 chiffres : corrigez-le ou laissez-le vide.";
    SCHOOL_YEAR_FORM:
        "a school year is written AAAA-AAAA, for example 2024-2025"
        / "L'année scolaire s'écrit AAAA-AAAA, par exemple 2024-2025.";
    SCHOOL_YEAR_SPAN:
        "the two years of a school year are equal or consecutive, for example 2024-2025"
        / "Les deux années d'une année scolaire sont égales ou se suivent, par exemple 2024-2025.";
    PHONE_FORM:
        "not a telephone number that can be called; write 0612345678, or +32470123456 outside France"
        / "Ce numéro de téléphone ne peut pas être appelé : écrivez 0612345678, ou +32470123456 hors de France.";
    PHONE_PREMIUM:
        "a number in 08 is a service, not a person; give the learner's own number"
        / "Un numéro en 08 est celui d'un service : indiquez le numéro personnel de l'apprenant.";
    EMAIL_FORM:
        "not an e-mail address; write name@domain.fr"
        / "Cette adresse électronique est mal formée : écrivez-la sous la forme nom@domaine.fr.";
}
