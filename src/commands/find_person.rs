//! `registre find-person`: the dossiers, and the contracts written here, of somebody who asks about their data.

use super::{Outcome, day};
use crate::console;
use crate::remote::{Server, answer};
use chrono::NaiveDate;
use proto::v1;
use proto::v1::find_persons_request::By;

/// Find the dossiers of a person, and the contracts written here, by an INE, an e-mail, or names and a birth date
///
/// For a request of a person (GDPR, art. 15 to 22): which dossiers state exactly that, now or before
/// without a correction since; and which contracts written here say it, or once did, of the apprentice or
/// the legal representative. Of the latter a form says no birth date: --names-alone. Case, accents, hyphens and spaces of names do not matter. Who was erased
/// is not found. That you search, by what and what was found is recorded, with your --reason;
/// the value is not.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("by").args(["ine", "email", "born_on", "names_alone"]).required(true)))]
#[command(group(clap::ArgGroup::new("by_names").args(["born_on", "names_alone"])))]
#[command(group(clap::ArgGroup::new("names").args(["last_name", "first_name"]).multiple(true)))]
#[command(after_help = "\
Examples:
  registre find-person --last-name NOM --first-name PRENOM --born-on JOUR \\
    --reason \"demande d'effacement DPO/2026-17\"
  registre find-person --last-name NOM --first-name PRENOM --names-alone --reason MOTIF
  registre find-person --email zoe@exemple.fr --reason \"demande d'accès DPO/2026-21\"

Then: registre erase request, or registre export-person. What you type stays in the history of your
shell, and no name belongs in the reason.")]
pub(crate) struct Args {
    /// The INE: 11 characters
    #[arg(long)]
    ine: Option<String>,
    /// The e-mail address that a dossier gives of the learner, or a contract also of the legal representative
    #[arg(long, value_name = "E-MAIL")]
    email: Option<String>,
    /// The last name; with a birth date it may be missing, of a person who has only a first name
    #[arg(long, value_name = "NAME", requires = "by_names")]
    last_name: Option<String>,
    /// The first name; with a birth date it may be missing, of a person who has only a last name
    #[arg(long, value_name = "NAME", requires = "by_names")]
    first_name: Option<String>,
    /// The birth date
    #[arg(long, value_name = "DAY", value_parser = day::parse, requires = "names")]
    born_on: Option<NaiveDate>,
    /// Of a contract written here, who is said to have these names, and of no birth date: a legal representative
    #[arg(long, requires = "names")]
    names_alone: bool,
    #[command(flatten)]
    server: Server,
}

impl Args {
    fn by(&self) -> Option<By> {
        let last_name = self.last_name.clone().unwrap_or_default();
        let first_name = self.first_name.clone().unwrap_or_default();
        if self.names_alone {
            return Some(By::NamesAlone(v1::NamesAlone { last_name, first_name }));
        }
        let names = |born_on: NaiveDate| {
            By::Names(v1::PersonNames { last_name, first_name, born_on: born_on.to_string() })
        };
        let ine = self.ine.clone().map(By::Ine);
        let email = || self.email.clone().map(By::Email);
        ine.or_else(email).or_else(|| self.born_on.map(names))
    }
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let client = args.server.connect().await?;
    let asked = v1::FindPersonsRequest { by: args.by() };
    let found = answer(client.privacy().find_persons(asked).await)?;
    for line in lines(&found) {
        console::line(&line)?;
    }
    Ok(Outcome::Done)
}

/// What was found, and what to do next.
fn lines(found: &v1::FindPersonsResponse) -> Vec<String> {
    let v1::FindPersonsResponse { enrolments, contracts, more, position } = found;
    let all = [enrolments.as_slice(), contracts].concat();
    let Some(first) = all.first() else {
        return vec![
            format!("Rien trouvé (registre lu jusqu'à la position {position})."),
            "La recherche est exacte : essayez l'INE, une autre adresse électronique, un autre nom \
             d'usage, et pour un représentant légal --names-alone. Une personne effacée n'est plus \
             trouvée."
                .to_owned(),
        ];
    };
    let counted = |count: usize, what: &str| {
        let plural = if count > 1 { "s" } else { "" };
        (count > 0).then(|| format!("{count} {what}{plural}"))
    };
    let counts = [counted(enrolments.len(), "dossier"), counted(contracts.len(), "contrat")];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    let mut lines = all.clone();
    lines.push(format!(
        "Trouvé : {} (registre lu jusqu'à la position {position}).",
        counts.join(", ")
    ));
    if *more {
        lines.push(
            "Il y en a peut-être d'autres : cette valeur est celle de trop de dossiers ; cherchez \
             par une autre."
                .to_owned(),
        );
    }
    lines.push(
        "Vérifiez d'abord que c'est bien la personne : homonymes et adresses partagées existent."
            .to_owned(),
    );
    if !contracts.is_empty() {
        lines.push(
            "D'un contrat, ce peut être l'apprenti ou son représentant légal : les commandes qui \
             suivent portent sur les deux."
                .to_owned(),
        );
    }
    lines.extend([
        "Pour effacer, sur décision :".to_owned(),
        format!(
            "  registre erase request {} --requester person --received JOUR --actor VOUS",
            all.join(" ")
        ),
        "Pour lui communiquer ses données (RGPD, art. 15) :".to_owned(),
        format!("  registre export-person {first} -o personne.json --reason MOTIF"),
    ]);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_comes_with_what_to_do_next() {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let found = |enrolments: &[&str], contracts: &[&str], more| {
            let (enrolments, contracts) = (owned(enrolments), owned(contracts));
            lines(&v1::FindPersonsResponse { enrolments, contracts, more, position: 12 }).join("\n")
        };
        let none = found(&[], &[], false);
        assert!(none.starts_with("Rien trouvé"), "{none}");
        assert!(!none.contains("erase request"), "{none}");
        let one = found(&["enrolments/a"], &[], false);
        assert!(one.contains("Trouvé : 1 dossier (") && !one.contains("d'autres :"), "{one}");
        assert!(!one.contains("représentant légal"), "{one}");
        let all = found(&["enrolments/a", "enrolments/b"], &["contracts/c"], true);
        assert!(all.contains("2 dossiers, 1 contrat (") && all.contains("d'autres :"), "{all}");
        assert!(all.contains("erase request enrolments/a enrolments/b contracts/c --req"), "{all}");
        assert!(all.contains("export-person enrolments/a -o"), "{all}");
        let contract = found(&[], &["contracts/c", "contracts/d"], false);
        assert!(contract.contains("Trouvé : 2 contrats"), "{contract}");
        assert!(contract.contains("représentant légal"), "{contract}");
        assert!(contract.contains("export-person contracts/c -o"), "{contract}");
    }
}
