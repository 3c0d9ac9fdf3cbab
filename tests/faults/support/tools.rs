//! Programs of the system that the faults need. What is missing fails the test
//! and says which package has it: a fault that is not made proves nothing.

use std::process::{Command, Output, Stdio};

/// The Debian package of each program.
const PACKAGES: &[(&str, &str)] = &[
    ("strace", "strace"),
    ("ip", "iproute2"),
    ("mount", "mount"),
    ("cp", "coreutils"),
    ("umount", "mount"),
];

/// Runs a program to its end.
pub fn output(program: &str, arguments: &[&str]) -> Output {
    let run = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let package = PACKAGES.iter().find(|(name, _)| *name == program).map_or("?", |(_, p)| p);
    run.unwrap_or_else(|error| panic!("{program}: {error}; install the package `{package}`"))
}

/// Fails unless the program is there and does that.
pub fn need(program: &str, arguments: &[&str]) {
    let output = output(program, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{program} {}`: {said}", arguments.join(" "));
}
