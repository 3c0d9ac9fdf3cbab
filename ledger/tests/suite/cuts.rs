//! What is said of bytes that an opening cuts.

use crate::recovery::{groups, last_segment, open, written};
use ledger::journal::Journal;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

/// Hears warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = String::new();
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            write!(text, "{}={value:?} ", field.name()).unwrap();
        });
        self.0.lock().unwrap().push(text);
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_cut_that_took_acknowledged_groups_says_where_and_how_many_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let heads = written(folder.path(), 10);
    let path = last_segment(folder.path());
    let mut bytes = std::fs::read(&path).unwrap();
    let starts = groups(&bytes);
    // From the edge of a group on, three groups are lost but for the end of the last one.
    let (from, end) = (starts[7], starts[10]);
    bytes[from..end - 20].fill(0);
    std::fs::write(&path, &bytes).unwrap();
    let heard = Warnings::default();
    let journal = tracing::subscriber::with_default(heard.clone(), || open(folder.path()).unwrap());
    assert_eq!(journal.head(), heads[7]);
    let heard = heard.0.lock().unwrap().join("; ");
    let told = [format!("offset={from} "), format!("bytes={} ", end - from)];
    let position = format!("position={} ", heads[7].position.0);
    assert!(told.iter().chain([&position]).all(|word| heard.contains(word)), "{heard}");
}
