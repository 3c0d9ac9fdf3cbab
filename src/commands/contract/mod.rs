//! `registre contract`: a contract whose workflow runs in the ledger, act by act.

mod acts;
mod calendar;
mod dates;
mod documents;
mod ended;
mod export;
mod french;
mod funded;
mod funding;
mod list;
mod show;
mod signing;
mod verdicts;
mod words;

use super::Outcome;
use clap::Subcommand;

/// Write, sign, deposit, amend, break and end a public contract, act by act
///
/// A contract is written by several people, signed by its parties with keys of their own, sent to the deposit body and
/// examined; it is then amended, broken or completed. Each act is one event or more. What the act is decided on may be
/// said by --etag: if somebody acted since, it is refused and says who did what.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  registre contract draft --actor agent-7
  registre contract fill contracts/6f0e… contrat.json --actor agent-7
  registre contract attach contracts/6f0e… convention.pdf --kind training-agreement --actor agent-7
  registre contract publish contracts/6f0e… --actor agent-7
  registre contract new-key employer -o employeur.key
  registre contract ask contracts/6f0e… --document contrat.pdf --signer employer=employeur.key …
  registre contract sign contracts/6f0e… --party employer --key employeur.key --actor maire-1
  registre contract submit contracts/6f0e… --actor agent-7
  registre contract deposit contracts/6f0e… --number 035202609AB0001 --actor instructeur-3")]
pub(crate) struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Begin to write a contract
    Draft(acts::Draft),
    /// Fill fields of the form, from a file or one by one
    Fill(acts::Fill),
    /// Attach a document
    Attach(documents::Attach),
    /// Say that the form is complete: the rules of the law are asked
    Publish(acts::Plain),
    /// Open the form again: what was signed of it is void
    Reopen(acts::Because),
    /// Make a key that signs for a party, for demonstration: nobody vouches for it
    NewKey(signing::NewKey),
    /// Ask the parties to sign a document
    Ask(signing::Ask),
    /// Print the text that a party signs
    Statement(signing::Statement),
    /// Sign for a party
    Sign(signing::Sign),
    /// Record that a party refuses to sign
    RefuseSignature(signing::Refuse),
    /// Record that all signed on paper
    Paper(signing::Paper),
    /// Give it up before all have signed
    Withdraw(acts::Because),
    /// Send it to the deposit body that the law names
    Submit(acts::Submit),
    /// As the deposit body, ask for a document: the clock stops
    AskFor(acts::AskFor),
    /// Give the deposit body what it asked for
    CompleteFile(acts::CompleteFile),
    /// As the deposit body, deposit it
    Deposit(acts::Deposit),
    /// As the deposit body, refuse it
    RefuseDeposit(acts::RefuseDeposit),
    /// Begin to write an amendment
    Amend(acts::Amend),
    /// As the labour administration, suspend it
    Suspend(dates::Suspend),
    /// As the labour administration, let it go on
    Resume(dates::Resume),
    /// Record how it was broken; told again, it is corrected
    Rupture(dates::Rupture),
    /// Record that it ended well
    Complete(dates::Complete),
    /// Tell the result of the exam, once it has ended at its term
    Result(dates::ExamResult),
    /// Cancel it before it begins
    Cancel(acts::Because),
    /// As whoever funds it, say how much a year is taken charge of
    Funding(funding::Declare),
    /// Say what was invoiced of it, also after its end
    Invoice(funding::Invoice),
    /// Give the calendar of the alternation, which counts the days of practice in the company
    Calendar(calendar::Give),
    /// Show where it is, and what is due
    Show(show::Show),
    /// Write its form as JSON, with what is known of its deposit; the employer adds the NIR there
    Export(export::Export),
    /// List contracts, those of which something is due soonest first
    List(list::List),
    /// Show what is funded of it and what was invoiced, and by which events
    FundingOf(funded::FundingOf),
    /// Write a document of it, or the evidence of a signature, to a file
    Download(documents::Download),
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    match &args.act {
        Act::Draft(act) => act.run().await?,
        Act::Fill(act) => act.run().await?,
        Act::Attach(act) => act.run().await?,
        Act::Publish(act) => act.publish().await?,
        Act::Reopen(act) => act.reopen().await?,
        Act::NewKey(act) => act.run()?,
        Act::Ask(act) => act.run().await?,
        Act::Statement(act) => act.run().await?,
        Act::Sign(act) => act.run().await?,
        Act::RefuseSignature(act) => act.run().await?,
        Act::Paper(act) => act.run().await?,
        Act::Withdraw(act) => act.withdraw().await?,
        Act::Submit(act) => act.run().await?,
        Act::AskFor(act) => act.run().await?,
        Act::CompleteFile(act) => act.run().await?,
        Act::Deposit(act) => act.run().await?,
        Act::RefuseDeposit(act) => act.run().await?,
        Act::Amend(act) => act.run().await?,
        Act::Suspend(act) => act.run().await?,
        Act::Resume(act) => act.run().await?,
        Act::Rupture(act) => act.run().await?,
        Act::Complete(act) => act.run().await?,
        Act::Result(act) => act.run().await?,
        Act::Cancel(act) => act.cancel().await?,
        Act::Funding(act) => act.run().await?,
        Act::Invoice(act) => act.run().await?,
        Act::Calendar(act) => act.run().await?,
        Act::Show(act) => act.run().await?,
        Act::Export(act) => act.run().await?,
        Act::List(act) => act.run().await?,
        Act::FundingOf(act) => act.run().await?,
        Act::Download(act) => act.run().await?,
    }
    Ok(Outcome::Done)
}
