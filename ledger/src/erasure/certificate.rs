//! What is handed to whoever asked: that it was done, by which decision, and how to check it.

use domain::calendar::paris_day;
use domain::erasure::LegalBasis;
use domain::ids::{EventId, Instant, Position, StreamKey, SubjectId};
use std::fmt::Write;

/// That persons were erased. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The erasure.
    pub erasure: StreamKey,
    /// The persons, each in one role, by their random ids.
    pub subjects: Vec<SubjectId>,
    /// Those of them whom the request did not name: they were declared in the dossiers between it
    /// and the execution.
    pub since_request: Vec<SubjectId>,
    /// The dossiers in which they were the learner.
    pub enrolments: Vec<StreamKey>,
    /// The event that decided it.
    pub decision: EventId,
    /// Why.
    pub basis: LegalBasis,
    /// Under which reference.
    pub reference: String,
    /// Where the log says that it was done: everything before was erased.
    pub position: Position,
    /// The event that says it.
    pub event: EventId,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Sealed sections of the log that are zeros.
    pub sections: u64,
    /// SHA-256 of which sections: for each, in the order of the log, its position (u64, little
    /// endian), its rank in the record (1 byte), and the SHA-256 that the header has of it.
    pub digest: [u8; 32],
}

impl Certificate {
    /// The text, French then English, one value a line; the same for ever.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.part(&mut out, &FRENCH, &self.basis.text().fr);
        out.push('\n');
        self.part(&mut out, &ENGLISH, &self.basis.text().en);
        out
    }

    fn part(&self, out: &mut String, words: &Words, basis: &str) {
        let list = |ids: &mut dyn Iterator<Item = String>| ids.collect::<Vec<_>>().join(" ");
        let digest = self.digest.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let since = list(&mut self.since_request.iter().map(ToString::to_string));
        let lines = [
            (words.erasure, self.erasure.to_string()),
            (words.subjects, list(&mut self.subjects.iter().map(ToString::to_string))),
            (words.since_request, since),
            (words.enrolments, list(&mut self.enrolments.iter().map(ToString::to_string))),
            (words.decision, format!("{} ({})", self.reference, self.decision)),
            (words.basis, format!("{} {}, {basis}", words.article, self.basis.article())),
            (words.done_on, paris_day(self.recorded_at).to_string()),
            (words.position, format!("{} ({})", self.position, self.event)),
            (words.sections, self.sections.to_string()),
            (words.digest, format!("sha-256 {digest}")),
        ];
        out.push_str(words.title);
        for (name, value) in lines.into_iter().filter(|(_, value)| !value.is_empty()) {
            let _ = writeln!(out, "{name}{}{value}", words.colon);
        }
        out.push_str(words.note);
    }
}

/// The words of one language.
struct Words {
    title: &'static str,
    colon: &'static str,
    erasure: &'static str,
    subjects: &'static str,
    since_request: &'static str,
    enrolments: &'static str,
    decision: &'static str,
    basis: &'static str,
    article: &'static str,
    done_on: &'static str,
    position: &'static str,
    sections: &'static str,
    digest: &'static str,
    note: &'static str,
}

const FRENCH: Words = Words {
    title: "Attestation d'effacement\n\n",
    colon: " : ",
    erasure: "effacement",
    subjects: "personnes (identifiants aléatoires)",
    since_request: "dont déclarées entre la demande et l'exécution",
    enrolments: "dossiers",
    decision: "décision",
    basis: "fondement",
    article: "RGPD, article",
    done_on: "effacé le",
    position: "inscrit au registre à la position",
    sections: "parties scellées remplacées par des zéros",
    digest: "empreinte de leur liste",
    note: "\nLes clés de ces personnes sont détruites et leurs données scellées sont effacées du \
           journal. Ce qui ne désigne personne est conservé, et le journal reste vérifiable.\n",
};

const ENGLISH: Words = Words {
    title: "Certificate of erasure\n\n",
    colon: ": ",
    erasure: "erasure",
    subjects: "persons (random ids)",
    since_request: "of whom declared between the request and the execution",
    enrolments: "dossiers",
    decision: "decision",
    basis: "basis",
    article: "GDPR, article",
    done_on: "erased on",
    position: "recorded at position",
    sections: "sealed sections that are zeros",
    digest: "digest of their list",
    note: "\nThe keys of these persons are destroyed and their sealed data are erased from the log. \
           What names nobody is kept, and the log can still be verified.\n",
};
