//! Runs replayed, doubled and out of order give the same dossiers.

use crate::common::{School, broken, full, learner, partial};
use domain::dossier::{Field, RawDossier};
use proptest::prelude::{Strategy, any, prop};
use proptest::test_runner::{Config, TestRunner};
use proto::v1::RunDeclaration;

/// What one learner looks like one night.
#[derive(Clone)]
struct Look {
    present: bool,
    rupture: bool,
    email: Option<u8>,
    end: u8,
    excluded: bool,
}

impl std::fmt::Debug for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.present {
            return f.write_str("absent");
        }
        let Self { rupture, email, end, excluded, .. } = self;
        write!(f, "rupture {rupture}, email {email:?}, end {end}, excluded {excluded}")
    }
}

fn look() -> impl Strategy<Value = Look> {
    let present = prop::bool::weighted(0.8);
    let (rupture, excluded) = (prop::bool::weighted(0.3), prop::bool::weighted(0.2));
    (present, rupture, prop::option::of(0..3_u8), 0..3_u8, excluded).prop_map(
        |(present, rupture, email, end, excluded)| Look { present, rupture, email, end, excluded },
    )
}

fn row(n: usize, look: &Look) -> RawDossier {
    let base = if look.rupture { broken(n) } else { learner(n) };
    let base = base.with(
        Field::ContratDateFin,
        ["2026-08-31", "2026-07-31", "2026-06-30"][usize::from(look.end)],
    );
    let base =
        if look.excluded { base.with(Field::DateExclusionFormation, "2025-04-01") } else { base };
    match look.email {
        Some(email) => base.with(Field::EmailContact, &format!("e{email}@exemple.fr")),
        None => base.with(Field::EmailContact, ""),
    }
}

#[derive(Debug, Clone)]
struct Night {
    full: bool,
    looks: Vec<Look>,
}

fn nights() -> impl Strategy<Value = Vec<Night>> {
    let night = (any::<bool>(), prop::collection::vec(look(), 2))
        .prop_map(|(full, looks)| Night { full, looks });
    prop::collection::vec(night, 2..6)
}

/// Delivered runs: each at least once, in any order.
fn deliveries() -> impl Strategy<Value = (Vec<Night>, Vec<usize>)> {
    nights().prop_flat_map(|nights| {
        let count = nights.len();
        let order: Vec<usize> = (0..count).chain(0..count / 2).collect();
        (prop::strategy::Just(nights), prop::strategy::Just(order).prop_shuffle())
    })
}

fn pushed(day: u32, night: &Night) -> (RunDeclaration, Vec<RawDossier>) {
    let rows: Vec<RawDossier> = (0..)
        .zip(&night.looks)
        .filter(|(_, look)| look.present)
        .map(|(n, look)| row(n, look))
        .collect();
    let run = if night.full { full(day, rows.len()) } else { partial(day) };
    (run, rows)
}

#[test]
fn runs_replayed_doubled_and_out_of_order_give_the_same_dossiers() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 1_500, ..Config::default() });
    runner
        .run(&deliveries(), |(nights, order)| {
            let (in_order, shuffled) = runtime.block_on(async {
                let in_order = School::new();
                for (day, night) in (1..).zip(&nights) {
                    let (run, rows) = pushed(day, night);
                    in_order.push(&run, &rows).await;
                }
                let mut shuffled = School::new();
                for at in order {
                    let (run, rows) = pushed(at as u32 + 1, &nights[at]);
                    shuffled.push(&run, &rows).await;
                    shuffled.restart();
                }
                (in_order.book.dossiers(), shuffled.book.dossiers())
            });
            let different: Vec<_> =
                in_order.iter().zip(&shuffled).filter(|(a, b)| a != b).collect();
            proptest::prop_assert!(different.is_empty(), "{different:#?}");
            proptest::prop_assert_eq!(in_order.len(), shuffled.len());
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}
