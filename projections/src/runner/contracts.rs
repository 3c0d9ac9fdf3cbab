//! What a batch does to each contract whose workflow runs here: its state after each request.
//!
//! As with dossiers, a stream is read anew when it changes, never kept. What is sealed stays closed but for what the
//! source tells beside an event: the postcode of the place of work is put into the form, in memory, for the delays that
//! depend on its holidays. What persons are searched by is joined of what the events say of each part: two people may fill in
//! a name and a birth date.

use crate::named::{Part, by_names};
use crate::source::{EventSource, PersonSaid, Recorded, SourceError, requests};
use domain::contract::{Contract, ContractEvent, Round, Tie, naming, ties};
use domain::event::Event;
use domain::ids::{Category, Position, StreamKey, SubjectId, Version};
use std::collections::{BTreeMap, BTreeSet};

/// A contract as views fold it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workflow {
    pub(crate) state: Contract,
    pub(crate) version: Version,
    /// Whose key what is said of the employer is under.
    pub(crate) employer: Option<SubjectId>,
    /// What its persons are, or were, searched by, and under whose key that is.
    pub(crate) stated: BTreeSet<([u8; 16], SubjectId)>,
    drafter: Option<String>,
    /// What was told of the form of each round; an amendment begins with that of the form in force.
    told: Vec<Told>,
}

/// What was told beside the events, of the form of a round.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    /// The pseudonym of the employer.
    employer: Option<[u8; 16]>,
    /// Those of the parts of [`PersonSaid`], of the apprentice and of the legal representative.
    persons: [[Part; 5]; 2],
}

impl Told {
    /// Notes what an event says of the persons; gives what they are searched by after it.
    fn note(&mut self, said: &[Option<PersonSaid>; 2]) -> Vec<([u8; 16], SubjectId)> {
        let mut stated = Vec::new();
        for (known, said) in self.persons.iter_mut().zip(said) {
            let Some(said) = said else { continue };
            for (part, said) in known.iter_mut().zip(said.parts) {
                *part = said.unwrap_or(*part);
            }
            let [name, in_use, first, born_on, email] = *known;
            let names = [name, in_use.or(name)].map(|name| by_names(name, first, born_on));
            stated
                .extend(names.into_iter().chain([email]).flatten().map(|key| (key, said.subject)));
        }
        stated
    }
}

impl Workflow {
    /// After the events of its stream.
    pub(crate) fn of(stream: &[Recorded]) -> Self {
        stream.iter().fold(Self::default(), Self::after)
    }

    fn after(mut self, recorded: &Recorded) -> Self {
        let Event::Contract(event, on) = &recorded.event else { return self };
        match event {
            ContractEvent::Drafted { .. } => self.told.push(Told::default()),
            ContractEvent::AmendmentDrafted { .. } => {
                let amended = self.state.round_in_force(*on);
                let told = amended.and_then(|round| self.told_of(round)).unwrap_or_default();
                self.told.push(told);
            }
            _ => {}
        }
        self.state = self.state.evolve(event, *on);
        self.version = recorded.version;
        let Some(aside) = &recorded.aside else { return self };
        self.drafter = self.drafter.or_else(|| aside.drafter.clone());
        if let Some(said) = &aside.employer {
            self.employer = Some(said.subject);
            if let (Some(round), Some(postcode)) = (self.state.rounds.last_mut(), said.postcode) {
                round.form.employer.address.postcode = postcode;
            }
            if let (Some(told), Some(siret)) = (self.told.last_mut(), said.siret) {
                told.employer = siret;
            }
        }
        if let Some(told) = self.told.last_mut() {
            self.stated.extend(told.note(&aside.persons));
        }
        self
    }

    /// To whom it is shown, but for who trains in its enrolment.
    pub(crate) fn ties(&self) -> BTreeSet<Tie> {
        let mut ties = ties(&self.state);
        ties.extend(self.drafter.clone().map(Tie::Drafter));
        let employers = naming(&self.state).filter_map(|round| self.employer_of(round));
        ties.extend(employers.map(Tie::Employer));
        ties
    }

    fn employer_of(&self, round: &Round) -> Option<[u8; 16]> {
        self.told_of(round).and_then(|told| told.employer)
    }

    fn told_of(&self, round: &Round) -> Option<Told> {
        self.told.get(usize::from(round.number)).copied()
    }
}

/// What the events of a batch do to one contract.
#[derive(Debug)]
pub(crate) struct ContractSteps {
    pub(crate) contract: StreamKey,
    /// The position of its first event: its number.
    pub(crate) number: Position,
    /// Before the batch; `None` of one that begins in it.
    pub(crate) before: Option<Workflow>,
    /// After each request, with the position of its last event.
    pub(crate) steps: Vec<(Position, Workflow)>,
}

/// The events of each contract that a batch touches, by stream key.
pub(super) fn of_streams(batch: &[Recorded]) -> Vec<Vec<&Recorded>> {
    let mut touched: BTreeMap<StreamKey, Vec<&Recorded>> = BTreeMap::new();
    for recorded in batch.iter().filter(|r| r.stream.category == Category::Contract) {
        touched.entry(recorded.stream.key).or_default().push(recorded);
    }
    touched.into_values().collect()
}

/// What events of one contract, at least one, do to it.
pub(super) fn steps_of(
    events: &[&Recorded],
    source: &dyn EventSource,
) -> Result<ContractSteps, SourceError> {
    let first = events[0];
    let earlier = if first.version.0 > 1 {
        source.read_stream(first.stream, Position(first.position.0 - 1))?
    } else {
        Vec::new()
    };
    let before = (!earlier.is_empty()).then(|| Workflow::of(&earlier));
    let mut state = before.clone().unwrap_or_default();
    let mut steps = Vec::new();
    for request in requests(events) {
        state = request.iter().fold(state, |state, recorded| state.after(recorded));
        steps.extend(request.last().map(|last| (last.position, state.clone())));
    }
    let number = earlier.first().unwrap_or(first).position;
    Ok(ContractSteps { contract: first.stream.key, number, before, steps })
}
