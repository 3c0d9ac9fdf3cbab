//! An amendment that the silence of an OPCO refuses, and the form before it, which is in force again.

use super::*;
use crate::history::change;
use domain::cerfa::codes::ContractType;
use domain::cerfa::example_form;
use domain::contract::{Attachment, AttachmentKind, Change, Command, DepositBody};

#[tokio::test(flavor = "multi_thread")]
async fn from_the_day_of_the_silence_on_lists_and_what_is_due_are_of_the_form_before() {
    let mut told = Histories::new();
    told.today = "2024-12-02".parse().unwrap();
    let today = told.today;
    let which = told.draft_private(&mut Random(1));
    let met = example_form().fields().into_iter().filter(|met| met.value.is_some());
    let mut form: Vec<Change> = met.map(|met| change(&met.path, met.value.as_deref())).collect();
    form.push(change("employer.kind", Some("30")));
    let amended = [
        ("terms.previous_number", "035202409AB0001"),
        ("terms.concluded_on", "2024-12-02"),
        ("terms.amendment_on", "2025-01-01"),
        ("terms.end_on", "2026-06-30"),
        ("training.exams_end_on", "2026-06-20"),
        ("employer.address.postcode", "44000"),
    ];
    let amended = amended.map(|(path, value)| change(path, Some(value)));
    let (kind, bytes) = (AttachmentKind::TrainingAgreement, 10);
    let attach = || Command::Attach(Attachment { kind, digest: [3; 32], bytes });
    let paper =
        || Command::SignOnPaper { scan: [8; 32], bytes: 9, attestation: "un motif".to_owned() };
    let submit = || Command::Submit(DepositBody::Opco(OPCO.to_owned()));
    for command in [
        Command::Contribute(form),
        attach(),
        Command::Publish,
        paper(),
        submit(),
        Command::Deposit("035202409AB0001".to_owned(), None),
        Command::Amend(ContractType::OtherChange),
        Command::Contribute(amended.to_vec()),
        attach(),
        Command::Publish,
        paper(),
        submit(),
    ] {
        let said = format!("{command:?}");
        assert!(told.tell(which, command, today), "{said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let views = told.world.views(folder.path()).await;
    let last: NaiveDate = "2024-12-22".parse().unwrap();
    for (on, put_back, place, end) in [
        (today, false, "44", "2026-06-30"),
        (last, false, "44", "2026-06-30"),
        (last + Days::new(1), true, "35", "2026-08-31"),
        (last + Days::new(400), true, "35", "2026-08-31"),
    ] {
        let seen = Seen::at(&told.contracts[which], told.world.head()).unwrap();
        assert_eq!(seen.is_put_back(on), put_back);
        let query = WorkflowsQuery {
            time: TimeQuery::on(on),
            phases: Vec::new(),
            life: None,
            departement: None,
            body: None,
            trainer: None,
            late_only: false,
            page: PageQuery::default(),
        };
        let lines = listed(&views, &query).await;
        assert_eq!(lines, [seen.line(on)]);
        assert!(lines[0].contains(&format!("-Some({end})")), "{lines:?}");
        for code in ["35", "44"] {
            let departement = Some(code.to_owned());
            let there = listed(&views, &WorkflowsQuery { departement, ..query.clone() }).await;
            assert_eq!(there.len(), usize::from(code == place), "{code} on {on}");
            // Whoever controls either place sees it all the while.
            let asker = Asker::Place(if code == "35" { "35" } else { "44" });
            let theirs = listed(&views.within(asker.reach()), &query).await;
            assert_eq!(theirs.len(), 1, "{code} on {on}");
        }
    }
}
