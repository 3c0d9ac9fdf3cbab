//! The whole log as a client sees it.

use super::client;
use super::client::Channel;
use proto::v1::{Event, RowAnswer};
use seal::{Frontier, Hash};
use std::collections::HashSet;

/// An event as it was acknowledged or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Position in the log, from 1.
    pub position: u64,
    /// Id.
    pub event_id: String,
    /// Type.
    pub kind: String,
    /// Leaf hash.
    pub leaf: Hash,
}

impl Entry {
    fn read(event: &Event) -> Self {
        let leaf = event.leaf_hash.as_slice().try_into().expect("a leaf hash has 32 bytes");
        let (event_id, kind) = (event.event_id.clone(), event.r#type.clone());
        Self { position: event.position, event_id, kind, leaf }
    }
}

/// The events that answers acknowledge.
pub fn acknowledged(answers: &[RowAnswer]) -> Vec<Entry> {
    let events = answers.iter().flat_map(|answer| &answer.events);
    let entry = |event: &proto::v1::WrittenEvent| Entry {
        position: event.position,
        event_id: event.event_id.clone(),
        kind: event.r#type.clone(),
        leaf: event.leaf_hash.as_slice().try_into().expect("a leaf hash has 32 bytes"),
    };
    events.map(entry).collect()
}

/// The log read so far, checked as it grows: gap-free, each id once.
#[derive(Debug, Default)]
pub struct History {
    entries: Vec<Entry>,
    ids: HashSet<String>,
    tree: Frontier,
}

impl History {
    /// The log from its first event.
    pub async fn read(channel: &Channel) -> Self {
        let mut history = Self::default();
        history.catch_up(channel).await;
        history
    }

    /// Reads what came since.
    pub async fn catch_up(&mut self, channel: &Channel) {
        for event in client::events_after(channel, self.len()).await {
            self.add(&event);
        }
    }

    /// Adds the next event.
    pub fn add(&mut self, event: &Event) {
        let entry = Entry::read(event);
        assert_eq!(entry.position, self.len() + 1, "a gap or a double in the log");
        assert!(self.ids.insert(entry.event_id.clone()), "{} is there twice", entry.event_id);
        self.tree.append(entry.leaf);
        self.entries.push(entry);
    }

    /// How many events.
    pub fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The events, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many acknowledged events are nowhere, and how many are not at their
    /// position with their id and leaf.
    pub fn judge(&self, acknowledged: &[Entry]) -> (usize, usize) {
        let lost = acknowledged.iter().filter(|entry| !self.ids.contains(&entry.event_id)).count();
        let at = |entry: &Entry| self.entries.get(entry.position as usize - 1);
        let displaced = acknowledged.iter().filter(|entry| at(entry) != Some(entry)).count();
        (lost, displaced - lost)
    }

    /// Every acknowledged event must be at its position, with its id and leaf.
    /// Since ids are unique in the log, it is there once.
    pub fn must_hold(&self, acknowledged: &[Entry]) {
        for entry in acknowledged {
            let found = self.entries.get(entry.position as usize - 1);
            assert_eq!(found, Some(entry), "an acknowledged event is not where it was");
        }
    }

    /// The server's head must be the root over the leaves that we read.
    pub async fn must_be_the_head(&self, channel: &Channel) {
        let head = client::head(channel).await;
        assert_eq!(head.position, self.len());
        assert_eq!(head.root_hash, self.tree.root(), "the root is not that of the leaves");
    }
}
