//! The pushes of each night.

use super::calendar::{self, NIGHTS, Night, day_of, night_of};
use super::country::Country;
use super::dice::{Dice, Purpose};
use super::identity::Identity;
use super::life::Life;
use super::report::{Part, Report, parts, source_of};
use super::row::Telling;
use super::story::Story;
use chrono::NaiveDate;
use domain::dossier::RawDossier;
use domain::ids::{Instant, RunId};
use domain::runs::Extent;
use uuid::Uuid;

/// Nights between a broken export and the CFA's word on it.
const NIGHTS_TO_REJECT: Night = 2;

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Number of persons.
    pub apprentices: u32,
    /// The same seed gives the same bytes.
    pub seed: u64,
}

/// One push of one system in one night.
#[derive(Debug)]
pub struct Push {
    /// The name of the source.
    pub source: String,
    /// Its run; the same for the same settings.
    pub run_id: RunId,
    /// When the rows were extracted.
    pub extracted_at: Instant,
    /// Everything, or what changed since the last push.
    pub extent: Extent,
    /// The rows.
    pub rows: Vec<RawDossier>,
}

/// One dossier: a part of a person's story.
#[derive(Debug, Clone, Copy)]
struct Dossier {
    person: u32,
    part: Part,
}

/// A school year of a synthetic country.
#[derive(Debug)]
pub struct Simulation {
    settings: Settings,
    country: Country,
    /// By source, the dossiers that it ever tells of.
    dossiers: Vec<Vec<Dossier>>,
    /// By source, (night, rank of the dossier) of each change, sorted.
    changes: Vec<Vec<(Night, u32)>>,
    /// The source whose export breaks once, and in which night.
    broken: (usize, Night),
}

impl Simulation {
    /// Prepares a simulation: draws every life once to know who changes when.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let country = Country::new(settings.seed, settings.apprentices);
        let count = country.sources.len();
        let mut this = Self {
            settings,
            country,
            dossiers: vec![Vec::new(); count],
            changes: vec![Vec::new(); count],
            broken: (0, night_of(day_of(2026, 3, 15))),
        };
        for person in 0..settings.apprentices {
            this.plan(person);
        }
        for changes in &mut this.changes {
            changes.sort_unstable();
        }
        // The broken export is that of the largest system that pushes for itself.
        let largest = (1..count).max_by_key(|s| (this.dossiers[*s].len(), count - s));
        this.broken.0 = largest.unwrap_or(0);
        this
    }

    fn plan(&mut self, person: u32) {
        let life = Life::of(self.settings.seed, &self.country, person);
        let story = self.story(person, &life);
        for part in parts(story) {
            let source = source_of(&self.country, &life, story, *part);
            let report = Report::of(self.settings.seed, person, &life, story, *part);
            let rank = u32::try_from(self.dossiers[source].len()).unwrap_or(u32::MAX);
            self.dossiers[source].push(Dossier { person, part: *part });
            let nights = report.nights().into_iter().filter(|night| *night < NIGHTS);
            self.changes[source].extend(nights.map(|night| (night, rank)));
        }
    }

    fn story(&self, person: u32, life: &Life) -> Story {
        let mut dice = Dice::new(self.settings.seed, Purpose::Story, person);
        Story::of(&mut dice, &self.country, person, life)
    }

    /// How many nights there are.
    #[must_use]
    pub fn nights(&self) -> u16 {
        NIGHTS.unsigned_abs()
    }

    /// The civil day whose evening is this night.
    #[must_use]
    pub fn day(&self, night: u16) -> NaiveDate {
        calendar::day(signed(night))
    }

    /// The names of the sources.
    #[must_use]
    pub fn sources(&self) -> &[String] {
        &self.country.sources
    }

    /// The pushes of a night, one source after the other. A system with
    /// nothing to say in a partial push does not push.
    pub fn pushes(&self, night: u16) -> impl Iterator<Item = Push> + '_ {
        let night = signed(night);
        (0..self.country.sources.len()).filter_map(move |source| self.push(night, source))
    }

    /// The run that its CFA rejects on this evening, before the pushes: the
    /// source and the run.
    #[must_use]
    pub fn rejected(&self, night: u16) -> Option<(&str, RunId)> {
        let (source, broken) = self.broken;
        (signed(night) == broken + NIGHTS_TO_REJECT)
            .then(|| (self.country.sources[source].as_str(), self.run_id(broken, source)))
    }

    fn push(&self, night: Night, source: usize) -> Option<Push> {
        if self.country.is_silent(source, night) {
            return None;
        }
        let full = calendar::is_full(night);
        let rows = if full { self.all(night, source) } else { self.changed(night, source) };
        let extent = if full { Extent::Full } else { Extent::Partial };
        (full || !rows.is_empty()).then(|| Push {
            source: self.country.sources[source].clone(),
            run_id: self.run_id(night, source),
            extracted_at: calendar::extracted_at(night, source),
            extent,
            rows,
        })
    }

    fn all(&self, night: Night, source: usize) -> Vec<RawDossier> {
        let dossiers = &self.dossiers[source];
        dossiers.iter().filter_map(|dossier| self.row(night, source, *dossier)).collect()
    }

    /// The rows that changed in a night.
    pub(super) fn changed(&self, night: Night, source: usize) -> Vec<RawDossier> {
        let changes = &self.changes[source];
        let from = changes.partition_point(|(at, _)| *at < night);
        let of_night = changes[from..].iter().take_while(|(at, _)| *at == night);
        of_night
            .filter_map(|(_, rank)| self.row(night, source, self.dossiers[source][*rank as usize]))
            .collect()
    }

    fn row(&self, night: Night, source: usize, dossier: Dossier) -> Option<RawDossier> {
        let Dossier { person, part } = dossier;
        let seed = self.settings.seed;
        let life = Life::of(seed, &self.country, person);
        let story = self.story(person, &life);
        let telling = Telling {
            country: &self.country,
            person,
            source,
            life: &life,
            identity: &Identity::of(seed, &self.country, person, &life),
            report: &Report::of(seed, person, &life, story, part),
            broken_export: self.broken == (source, night),
        };
        telling.row(night)
    }

    fn run_id(&self, night: Night, source: usize) -> RunId {
        let Settings { apprentices, seed } = self.settings;
        let name = format!("registre/{seed}/{apprentices}/{source}/{night}");
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).into()
    }
}

fn signed(night: u16) -> Night {
    Night::try_from(night).unwrap_or(Night::MAX)
}
