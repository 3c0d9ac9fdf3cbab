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

use crate::harness::Cell;
use crate::premises::Premises;
use std::rc::Rc;
use std::sync::Arc;

pub(super) fn cells(premises: &Arc<dyn Premises>) -> Vec<Cell> {
    let dossiers = Rc::new(pushes::Dossiers::new(Arc::clone(premises)));
    let mut cells = vec![stream::replay(premises)];
    cells.extend(commands::cells(premises, &dossiers));
    cells.extend(pushes::cells(premises, &dossiers));
    cells
}
