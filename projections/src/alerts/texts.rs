//! What an alert tells, in both languages, without personal data.

use super::kinds::{ActsNext, AlertKind};
use crate::detail::{
    AGE_AT_ENTRY_IMPLAUSIBLE, CONTRACT_ENDS_BEFORE_START, CONTRACT_OVER_FOUR_YEARS,
    RUPTURE_BEFORE_START, SESSION_ENDS_BEFORE_ENTRY, SESSION_OVER_FOUR_YEARS,
};
use crate::histories::french_day;
use chrono::NaiveDate;
use domain::contract::conclude::Silence;
use domain::contract::deadlines::Kind;
use domain::identifiers::Uai;
use domain::text::Text;

/// How they are called in a sentence, in English and in French.
const fn who(acts: ActsNext) -> (&'static str, &'static str) {
    match acts {
        ActsNext::Cfa => ("the CFA", "le CFA"),
        ActsNext::MissionLocale => ("the mission locale", "la mission locale"),
        ActsNext::FranceTravail => ("France Travail", "France Travail"),
        ActsNext::Support => ("the support", "l'assistance"),
        ActsNext::Employer => ("the employer", "l'employeur"),
        ActsNext::DepositBody => ("the deposit body", "l'organisme de dépôt"),
    }
}

pub(super) fn rupture(kind: AlertKind, acts: ActsNext, on: NaiveDate, days: u32) -> Text {
    let (who_en, who_fr) = who(acts);
    let (en, fr) = match (kind, acts) {
        (AlertKind::Rupture45Days, ActsNext::Cfa) => (
            "the CFA goes on looking for an employer".to_owned(),
            "le CFA poursuit la recherche d'un employeur".to_owned(),
        ),
        (AlertKind::Rupture45Days, _) => (
            format!("{who_en} takes over with the CFA"),
            format!("{who_fr} prend le relais avec le CFA"),
        ),
        (AlertKind::Rupture90Days, _) => (
            format!("half of the six months of L6222-18-2 are over: {who_en} acts"),
            format!("la moitié des six mois de l'article L6222-18-2 est passée : {who_fr} agit"),
        ),
        (AlertKind::Rupture180Days, _) => (
            format!(
                "the six months of training in the CFA after a rupture (L6222-18-2) are over: \
                 {who_en} offers another path"
            ),
            format!(
                "les six mois de formation au CFA après une rupture (article L6222-18-2) sont \
                 écoulés : {who_fr} propose un autre parcours"
            ),
        ),
        _ => (
            "the CFA helps to find an employer; training goes on for six months (L6222-18-2)"
                .to_owned(),
            "le CFA aide à retrouver un employeur, et la formation continue six mois \
             (article L6222-18-2)"
                .to_owned(),
        ),
    };
    Text::new(
        format!("contract broken on {on}, no new contract for {days} days: {en}"),
        format!(
            "Contrat rompu au {}, sans nouveau contrat depuis {} : {fr}.",
            french_day(on),
            french_days(days)
        ),
    )
}

/// `over` is who acts once the months allowed are over.
pub(super) fn no_contract(since: NaiveDate, days: u32, over: Option<ActsNext>) -> Text {
    let (en, fr) = match over.map(who) {
        Some((en, fr)) => (format!("are over: {en} acts"), format!("sont dépassés : {fr} agit")),
        None => ("are nearly over".to_owned(), "approchent de leur fin".to_owned()),
    };
    Text::new(
        format!(
            "in training since {since}, no contract after {days} days: the three months allowed \
             without a contract (L6222-12-1) {en}"
        ),
        format!(
            "En formation depuis le {} sans contrat, soit {} : les trois mois permis par \
             l'article L6222-12-1 {fr}.",
            french_day(since),
            french_days(days)
        ),
    )
}

pub(super) fn not_transmitted(since: NaiveDate) -> Text {
    Text::new(
        format!(
            "not transmitted any more since the extraction of {since}: say why, or send it again"
        ),
        format!(
            "Dossier absent des envois depuis l'extraction du {} : déclarez la sortie, ou \
             transmettez-le de nouveau.",
            french_day(since)
        ),
    )
}

pub(super) fn run_held(since: NaiveDate, held: i64) -> Text {
    Text::new(
        format!(
            "disappearances of the push extracted on {since} wait ({held}): confirm or reject them"
        ),
        format!(
            "L'envoi extrait le {} fait disparaître {held} {} : confirmez-le, ou rejetez-le si \
             l'export était incomplet.",
            french_day(since),
            if held < 2 { "déclaration ou dossier" } else { "déclarations ou dossiers" }
        ),
    )
}

pub(super) fn cfa_silent(uai: Uai, since: NaiveDate, days: u32) -> Text {
    Text::new(
        format!("CFA {} has sent nothing since {since}, {days} days ago", uai.as_str()),
        format!(
            "Le CFA {} n'a rien transmis depuis le {}, soit {} : vérifiez l'envoi automatique.",
            uai.as_str(),
            french_day(since),
            french_days(days)
        ),
    )
}

pub(super) fn doubtful(rule: &str) -> Text {
    match rule {
        RUPTURE_BEFORE_START => Text::new(
            "the rupture is dated before the first day of the contract: check both dates",
            "La rupture est datée d'avant le début du contrat : vérifiez les deux dates.",
        ),
        CONTRACT_ENDS_BEFORE_START => Text::new(
            "the contract ends before it begins: check both dates",
            "Le contrat finit avant de commencer : vérifiez les deux dates.",
        ),
        CONTRACT_OVER_FOUR_YEARS => Text::new(
            "the contract lasts four years or more (L6222-7-1, L6222-11): check its dates",
            "Le contrat dure quatre ans ou plus (articles L6222-7-1 et L6222-11) : vérifiez ses dates.",
        ),
        SESSION_OVER_FOUR_YEARS => Text::new(
            "the training lasts four years or more: check its dates",
            "La formation dure quatre ans ou plus : vérifiez ses dates.",
        ),
        SESSION_ENDS_BEFORE_ENTRY => Text::new(
            "the training ends before it begins: check both dates",
            "La formation finit avant de commencer : vérifiez les deux dates.",
        ),
        AGE_AT_ENTRY_IMPLAUSIBLE => Text::new(
            "the age on the first day is hardly possible (L6222-1): check the birth date",
            "L'âge à l'entrée en formation est peu vraisemblable (article L6222-1) : vérifiez la \
             date de naissance.",
        ),
        _ => Text::new("a value is doubtful: check it", "Une valeur est douteuse : vérifiez-la."),
    }
}

/// What somebody must do for a contract: by a day, or at once.
pub(super) fn contract_due(kind: &Kind, by: Option<NaiveDate>, article: &str) -> Text {
    let Text { en, fr } = kind.text();
    let (by_en, by_fr) = match by {
        Some(day) => (format!("by {day}"), format!("au plus tard le {}", french_day(day))),
        None => ("at once".to_owned(), "sans délai".to_owned()),
    };
    Text::new(
        format!("{by_en} ({article}): {en}"),
        format!("À faire {by_fr} ({}) : {fr}", french_article(article)),
    )
}

/// What was not done by its day, the last one in time; `silence` of a deposit body decided since.
pub(super) fn contract_late(
    kind: &Kind,
    day: NaiveDate,
    article: &str,
    silence: Option<Silence>,
) -> Text {
    let Text { en, fr } = kind.text();
    let (on, article_fr) = (french_day(day), french_article(article));
    let since = day.succ_opt().unwrap_or(day);
    match silence {
        Some(Silence::Acceptance) => Text::new(
            format!(
                "the deposit body was silent until {day} ({article}): its silence is acceptance; ask for the number"
            ),
            format!(
                "L'organisme de dépôt ne s'est pas prononcé au plus tard le {on} ({article_fr}) : son silence vaut \
                 acceptation. Demandez-lui le numéro de dépôt."
            ),
        ),
        Some(Silence::Refusal) => Text::new(
            format!("the deposit body was silent until {day} ({article}): its silence is refusal"),
            format!(
                "L'organisme de dépôt ne s'est pas prononcé au plus tard le {on} ({article_fr}) : son silence vaut refus. \
                 Le contrat est à corriger et à transmettre de nouveau."
            ),
        ),
        None => Text::new(
            format!("late since {since} ({article}): {en}"),
            format!("En retard depuis le {} ({article_fr}) : {fr}", french_day(since)),
        ),
    }
}

fn french_article(article: &str) -> String {
    let several = article.contains(';');
    if several {
        format!("articles {}", article.replace("; ", " et "))
    } else {
        format!("article {article}")
    }
}

fn french_days(days: u32) -> String {
    if days < 2 { format!("{days} jour") } else { format!("{days} jours") }
}
