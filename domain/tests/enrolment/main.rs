//! The enrolment seen from outside: rows and human acts in, events out.

mod common;

mod acts;
mod contracts;
mod late;
mod orders;
mod pushes;
mod vanishing;
