//! The real server, through its public API.
//!
//! | module | holds |
//! |---|---|
//! | `house` | a server on a folder of its own |
//! | `pushes` | `PushDossiers`: new dossiers, and the same again |
//! | `commands` | one unary command after the other |
//! | `stream` | `StreamEvents`: the whole log |

mod commands;
mod house;
mod pushes;
mod stream;

pub(super) use commands::cells as commands;
pub(super) use pushes::cells as pushes;
pub(super) use stream::replay;

use crate::premises::Premises;
use pushes::Dossiers;
use std::rc::Rc;
use std::sync::Arc;

/// What is pushed, made when it is first needed.
pub(super) fn dossiers(premises: &Arc<dyn Premises>) -> Rc<Dossiers> {
    Rc::new(Dossiers::new(Arc::clone(premises)))
}
