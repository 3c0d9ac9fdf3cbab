//! What the faults share.
//!
//! | module | holds |
//! |---|---|
//! | [`fault`] | the runs of a fault, their seeds, the line that is printed, the verdict |

pub mod fault;
