//! The descriptions of the formats against the code.

use domain::dossier::{Field, Visibility};
use ledger::codec::{SectionKind, TypeCode};
use ledger::record::Header;

fn page(name: &str) -> String {
    let path = format!("{}/../docs/formats/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn event_md_says_of_every_v3_field_whether_it_is_public_or_sealed() {
    let page = page("event.md");
    for field in Field::ALL {
        let word = match field.visibility() {
            Visibility::Public => "public",
            Visibility::Sealed => "sealed",
            Visibility::PresenceOnly => "presence only",
        };
        let line = format!("| `{}` | {word} | ", field.name());
        assert_eq!(page.matches(&line).count(), 1, "{line}");
    }
}

#[test]
fn event_md_lists_every_type_and_every_kind_of_section() {
    let page = page("event.md");
    for of in TypeCode::ALL {
        let name = if *of == TypeCode::Retracted { "EventRetracted" } else { of.name() };
        assert!(page.contains(&format!("| {} | `{name}` |", of.code())), "{name}");
    }
    for kind in SectionKind::ALL {
        assert!(
            page.contains(&format!("| {} | `Sealed{}` |", kind.code(), kind.name())),
            "{kind:?}"
        );
    }
}

#[test]
fn the_longest_header_is_within_its_limit() {
    assert!(Header::longest(ledger::limits::SECTIONS_MAX) <= ledger::limits::HEADER_BYTES_MAX);
}
