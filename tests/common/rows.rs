//! Made-up learners whose every value can be recognised in a heap of bytes.

use super::random::Random;
use proto::v1::Dossier;

/// Syllables of names that no text of the program contains.
const SYLLABLES: &[&str] =
    &["vro", "quax", "brél", "zimb", "thuo", "krîs", "fjol", "gwen", "ñau", "çept", "xoul", "pyrr"];
/// The letters of a UAI's key.
const UAI_LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPRSTUVWXYZ";

/// A word of so many syllables.
fn word(random: &mut Random, syllables: usize) -> String {
    (0..syllables).map(|_| random.one_of(SYLLABLES)).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A UAI with the right letter.
pub fn uai(number: u32) -> String {
    format!("{number:07}{}", char::from(UAI_LETTERS[number as usize % 23]))
}

/// A SIRET with the right key, from its first 13 digits.
pub fn siret(first_thirteen: u64) -> String {
    let text = format!("{first_thirteen:013}");
    let doubled = |(rank, digit): (usize, u8)| {
        let n = u32::from(digit - b'0') * if rank % 2 == 0 { 2 } else { 1 };
        n / 10 + n % 10
    };
    let sum: u32 = text.bytes().enumerate().map(doubled).sum();
    format!("{text}{}", (10 - sum % 10) % 10)
}

/// A learner of the school year 2025-2026 at a CFA of the Ain, under contract
/// since 2 September 2025. Birth dates are days that nothing else has.
pub fn learner(random: &mut Random, number: usize) -> Dossier {
    let (last, first) = (word(random, 4), word(random, 3));
    let ascii = |text: &str| text.chars().filter(char::is_ascii).collect::<String>();
    let mail = format!("{}.{}{number}@courriel.exemple.fr", ascii(&first), ascii(&last));
    let (year, month, day) = (2004 + random.below(5), 1 + random.below(12), 2 + random.below(27));
    let text = |value: &str| Some(value.to_owned());
    Dossier {
        nom_apprenant: Some(last.to_uppercase()),
        prenom_apprenant: Some(capital(&first)),
        date_de_naissance_apprenant: Some(format!("{year}-{month:02}-{day:02}")),
        annee_scolaire: text("2025-2026"),
        id_erp_apprenant: Some(format!("ERP-{}-{number}", random.digits(8))),
        date_inscription_formation: text("2025-06-15"),
        date_entree_formation: text("2025-09-01"),
        date_fin_formation: text("2027-07-31"),
        etablissement_responsable_uai: Some(uai(10826)),
        etablissement_responsable_siret: Some(siret(1_300_252_650_001)),
        etablissement_formateur_uai: Some(uai(10826)),
        etablissement_formateur_siret: Some(siret(1_300_252_650_001)),
        ine_apprenant: Some(format!("{}A{}Z", random.digits(4), random.digits(5))),
        email_contact: Some(mail),
        tel_apprenant: Some(phone(random)),
        adresse_apprenant: Some(format!("{number} allée des {}", capital(&word(random, 4)))),
        code_postal_apprenant: text("01000"),
        code_commune_insee_apprenant: text("01053"),
        sexe_apprenant: Some(random.one_of(&["F", "M"]).to_owned()),
        formation_rncp: text("RNCP37537"),
        libelle_court_formation: text("CAP Cuisine"),
        contrat_date_debut: text("2025-09-02"),
        contrat_date_fin: text("2027-07-31"),
        siret_employeur: Some(siret(4_000_000_000_000 + random.below(5_000_000_000_000))),
        ..Dossier::default()
    }
}

/// A mobile number.
pub fn phone(random: &mut Random) -> String {
    format!("06{}", random.digits(8))
}

/// So many learners.
pub fn learners(random: &mut Random, count: usize) -> Vec<Dossier> {
    (0..count).map(|number| learner(random, number)).collect()
}

/// So many learners with every personal field filled, broken contracts and words of people included.
pub fn complete(random: &mut Random, count: usize) -> Vec<Dossier> {
    let mut dossiers = learners(random, count);
    for (rank, dossier) in dossiers.iter_mut().enumerate() {
        let mut mail =
            |who: &str| Some(format!("{who}{rank}.{}@zquarn.exemple.fr", random.digits(6)));
        dossier.responsable_apprenant_mail1 = mail("mere");
        dossier.responsable_apprenant_mail2 = mail("pere");
        dossier.email_referent_handicap_formation = mail("referent");
        dossier.nom_referent_handicap_formation = Some(format!("Wraktöl{rank:03}"));
        dossier.prenom_referent_handicap_formation = Some(format!("Ixçelia{rank:03}"));
        dossier.nir_apprenant = Some(format!("2060401053{}", random.digits(5)));
        dossier.rqth_apprenant = Some(true);
        dossier.contrat_date_rupture = Some("2025-09-20".to_owned());
        dossier.cause_rupture_contrat = Some(format!("parti chez Zblorf numéro {rank:03}"));
        dossier.contrat_date_debut_2 = Some("2025-09-22".to_owned());
        dossier.contrat_date_fin_2 = Some("2027-07-31".to_owned());
        dossier.contrat_date_rupture_2 = Some("2025-09-28".to_owned());
        dossier.cause_rupture_contrat_2 = Some(format!("fâché avec Kwistrum {rank:03}"));
        dossier.siret_employeur_2 =
            Some(siret(4_000_000_000_000 + random.below(5_000_000_000_000)));
        dossier.custom_statut_apprenant = Some(format!("suivi par Pjotrak {rank:03}"));
    }
    dossiers
}
