//! The warnings that an operator would have read.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

/// A text that warnings are added to.
#[derive(Debug, Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Text {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Does something on this thread; gives its result and the warnings, one a line,
/// each field followed by a blank.
pub fn while_doing<T>(work: impl FnOnce() -> T) -> (T, String) {
    let text = Text::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .with_writer(text.clone())
        .finish();
    let done = tracing::subscriber::with_default(subscriber, work);
    let bytes = text.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (done, String::from_utf8(bytes).unwrap().replace('\n', " \n"))
}
