//! The rules of a dossier, in the two languages; those of the identifiers are
//! in [`crate::identifiers::rules`].
//!
//! The severity is not the rule's: the same rule refuses the row on a field
//! that identifies or dates it, and warns on any other.

crate::text::rule_table! {
    MISSING:
        "the dossier cannot be identified or dated without this value; fill it in and push again"
        / "Sans cette donnée, le dossier ne peut être ni identifié ni daté : renseignez-la puis renvoyez le dossier.";
    NAMES_MISSING:
        "neither a last name nor a first name; fill in at least one"
        / "Le nom et le prénom manquent tous les deux : renseignez au moins l'un des deux.";
    ONE_NAME_ONLY:
        "one name only; nothing to do if the learner has no other"
        / "Un seul nom est renseigné : complétez l'autre, sauf si l'apprenant n'en a qu'un.";
    WRONG_KIND:
        "the value is of another kind than this field (text, whole number, yes or no) and was not read; check the export"
        / "La valeur n'est pas du type attendu (texte, nombre entier, oui ou non) et n'a pas été lue : vérifiez l'export.";
    TEXT_TOO_LONG:
        "the text is longer than 4096 bytes and was not read; shorten it"
        / "Le texte dépasse 4096 octets et n'a pas été lu : raccourcissez-le.";
    CONTROL_CHARACTERS:
        "the text held invisible characters, which were taken out; clean it in the management system"
        / "Le texte contenait des caractères invisibles, qui ont été retirés : corrigez-le dans votre logiciel.";
    NIR_FOUND:
        "the value holds what looks like a social security number and was dropped; take the number out"
        / "La valeur contient ce qui ressemble à un numéro de sécurité sociale et n'a pas été conservée : retirez ce numéro.";
    NIR_IN_IDENTIFYING_FIELD:
        "the value looks like a social security number, which is never stored, so the dossier cannot be identified; use another value and push again"
        / "La valeur ressemble à un numéro de sécurité sociale, qui n'est jamais conservé : utilisez une autre valeur puis renvoyez le dossier.";
    DATE_FORM:
        "not a date; write it 2024-09-01 or 01/09/2024"
        / "La date n'est pas lisible : écrivez-la 2024-09-01 ou 01/09/2024.";
    DATE_RANGE:
        "a date is between 1900-01-01 and 2100-12-31; correct it, or leave it empty when it is not known"
        / "Une date est comprise entre le 01/01/1900 et le 31/12/2100 : corrigez-la, ou laissez-la vide si elle est inconnue.";
    DATE_WITH_ZONE:
        "an instant with a time zone was read as its day in Europe/Paris; send the bare day"
        / "Un horaire avec fuseau a été lu comme le jour correspondant à Paris : envoyez la date seule.";
    DATE_IN_FUTURE:
        "the date is after the day of the extraction and was kept; check it"
        / "La date est postérieure au jour de l'extraction ; elle est conservée : vérifiez-la.";
    TRAINING_END_BEFORE_ENTRY:
        "the training ends before it begins; correct the entry or the end date and push again"
        / "La formation se termine avant de commencer : corrigez la date d'entrée ou de fin puis renvoyez le dossier.";
    BIRTH_IN_FUTURE:
        "the learner would be born after the day of the extraction; check the birth date"
        / "La naissance serait postérieure au jour de l'extraction : vérifiez la date de naissance.";
    AGE_UNUSUAL:
        "the learner would be under 13 or over 80 at the start of the training; check the birth date and the entry date"
        / "L'apprenant aurait moins de 13 ans ou plus de 80 ans à l'entrée en formation : vérifiez sa date de naissance et la date d'entrée.";
    NOT_A_WHOLE_NUMBER:
        "not a whole number; the value was dropped: correct it or leave it empty"
        / "Ce n'est pas un nombre entier ; la valeur n'a pas été conservée : corrigez-la ou laissez-la vide.";
    OUT_OF_RANGE:
        "the number is outside what this field allows and was dropped; correct it or leave it empty"
        / "Le nombre sort des bornes admises et n'a pas été conservé : corrigez-le ou laissez-le vide.";
    NOT_YES_OR_NO:
        "neither yes nor no; the value was dropped: write true or false, OUI or NON"
        / "La valeur n'est ni oui ni non et n'a pas été conservée : écrivez OUI ou NON.";
    UNKNOWN_CODE:
        "not one of the codes of this field; the value was dropped: take one of the list"
        / "Ce code n'existe pas pour cette donnée et n'a pas été conservé : choisissez-en un dans la liste.";
    TITLE_TOO_SHORT:
        "a title has at least 2 characters; it was dropped: correct it or leave it empty"
        / "Un libellé compte au moins 2 caractères ; il n'a pas été conservé : corrigez-le ou laissez-le vide.";
    ORGANISATION_FORM:
        "neither a UAI nor a département code; the value was dropped: correct it or leave it empty"
        / "Ce n'est ni un code UAI ni un code de département ; la valeur n'a pas été conservée : corrigez-la ou laissez-la vide.";
    STATUS_DATE_ALONE:
        "a status date without the status says nothing and was dropped; send both or neither"
        / "Une date de statut sans statut ne dit rien et n'a pas été conservée : envoyez les deux ou aucune.";
    EXCLUSION_CAUSE_ALONE:
        "a cause of exclusion without its date; the cause was kept: fill in the date of exclusion"
        / "Une cause d'exclusion est renseignée sans sa date ; elle est conservée : renseignez la date d'exclusion.";
    CONTRACT_WITHOUT_START:
        "a contract without a usable start date was not read; fill in its start date"
        / "Un contrat sans date de début lisible n'a pas été lu : renseignez sa date de début.";
    CONTRACT_END_BEFORE_START:
        "the contract ends before it begins; both dates were kept: correct one"
        / "Le contrat se termine avant de commencer ; les deux dates sont conservées : corrigez l'une des deux.";
    RUPTURE_BEFORE_START:
        "the contract is broken before it begins; both dates were kept: correct one"
        / "La rupture précède le début du contrat ; les deux dates sont conservées : corrigez l'une des deux.";
    RUPTURE_AFTER_END:
        "the contract is broken after its agreed end; both dates were kept: correct one"
        / "La rupture suit la fin prévue du contrat ; les deux dates sont conservées : corrigez l'une des deux.";
    RUPTURE_CAUSE_ALONE:
        "a cause of rupture without its date; the cause was kept: fill in the date of rupture"
        / "Une cause de rupture est renseignée sans sa date ; elle est conservée : renseignez la date de rupture.";
}
