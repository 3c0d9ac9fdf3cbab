//! `registre find-person`: the dossiers of somebody who asks about their data.

use super::{Outcome, day};
use crate::console;
use crate::remote::{Server, answer};
use chrono::NaiveDate;
use proto::v1;
use proto::v1::find_persons_request::By;

/// Find the dossiers of a person by an INE, an e-mail, or names and a birth date
///
/// For a request of a person (GDPR, art. 15 to 22): which dossiers state exactly that, now or before
/// without a correction since. Case, accents, hyphens and spaces of names do not matter. Who was erased
/// is not found. That you search, by what and which dossiers were found is recorded, with your --reason;
/// the value is not.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("by").args(["ine", "email", "born_on"]).required(true)))]
#[command(group(clap::ArgGroup::new("names").args(["last_name", "first_name"]).multiple(true)))]
#[command(after_help = "\
Examples:
  registre find-person --last-name NOM --first-name PRENOM --born-on JOUR \\
    --reason \"demande d'effacement DPO/2026-17\"
  registre find-person --email zoe@exemple.fr --reason \"demande d'accès DPO/2026-21\"

Then: registre erase request, or registre export-person. What you type stays in the history of your
shell, and no name belongs in the reason.")]
pub(crate) struct Args {
    /// The INE: 11 characters
    #[arg(long)]
    ine: Option<String>,
    /// The e-mail address that a dossier gives of the learner
    #[arg(long, value_name = "E-MAIL")]
    email: Option<String>,
    /// The last name; without it, of a person who has only a first name
    #[arg(long, value_name = "NAME", requires = "born_on")]
    last_name: Option<String>,
    /// The first name; without it, of a person who has only a last name
    #[arg(long, value_name = "NAME", requires = "born_on")]
    first_name: Option<String>,
    /// The birth date
    #[arg(long, value_name = "DAY", value_parser = day::parse, requires = "names")]
    born_on: Option<NaiveDate>,
    #[command(flatten)]
    server: Server,
}

impl Args {
    fn by(&self) -> Option<By> {
        let names = |born_on: NaiveDate| v1::PersonNames {
            last_name: self.last_name.clone().unwrap_or_default(),
            first_name: self.first_name.clone().unwrap_or_default(),
            born_on: born_on.to_string(),
        };
        let ine = self.ine.clone().map(By::Ine);
        let email = || self.email.clone().map(By::Email);
        ine.or_else(email).or_else(|| self.born_on.map(names).map(By::Names))
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
    let Some(first) = found.enrolments.first() else {
        return vec![
            format!("Aucun dossier trouvé (registre lu jusqu'à la position {}).", found.position),
            "La recherche est exacte : essayez l'INE, une autre adresse électronique, un autre nom \
             d'usage. Une personne effacée n'est plus trouvée."
                .to_owned(),
        ];
    };
    let mut lines = found.enrolments.clone();
    let count = found.enrolments.len();
    let plural = if count > 1 { "s" } else { "" };
    lines.push(format!(
        "{count} dossier{plural} trouvé{plural} (registre lu jusqu'à la position {}).",
        found.position
    ));
    if found.more {
        lines.push(
            "Il y en a peut-être d'autres : cette valeur est celle de trop de dossiers ; cherchez \
             par une autre."
                .to_owned(),
        );
    }
    lines.extend([
        "Vérifiez d'abord que c'est bien la personne : homonymes et adresses partagées existent."
            .to_owned(),
        "Pour effacer, sur décision :".to_owned(),
        format!(
            "  registre erase request {} --requester person --received JOUR --actor VOUS",
            found.enrolments.join(" ")
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
        let found = |enrolments: &[&str], more| v1::FindPersonsResponse {
            enrolments: enrolments.iter().map(|name| (*name).to_owned()).collect(),
            more,
            position: 12,
        };
        let none = lines(&found(&[], false)).join("\n");
        assert!(none.starts_with("Aucun dossier trouvé"), "{none}");
        assert!(!none.contains("erase request"), "{none}");
        let one = lines(&found(&["enrolments/a"], false)).join("\n");
        assert!(one.contains("1 dossier trouvé (") && !one.contains("d'autres :"), "{one}");
        let two = lines(&found(&["enrolments/a", "enrolments/b"], true)).join("\n");
        assert!(two.contains("2 dossiers trouvés") && two.contains("d'autres :"), "{two}");
        assert!(two.contains("erase request enrolments/a enrolments/b --requester"), "{two}");
        assert!(two.contains("export-person enrolments/a -o"), "{two}");
    }
}
