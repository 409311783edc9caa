//! What `pause` and `resume` share.

use teal_model::Result;
use teal_proto::v1::IntentRequest;

use crate::{
    args::Output,
    config,
    exit::Exit,
    session::Session,
    streams::{self, Choice, Desk, Done, Outcomes},
    ui::Printer,
};

/// What a person wants from now on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The update, and the verb in the audit.
    pub(super) verb: &'static str,
    /// As the catalog has it.
    pub(super) wanted: &'static str,
    /// What it means where no workflow was told.
    pub(super) locally: &'static str,
    pub(super) reason: &'a str,
    pub(super) local: bool,
}

/// Tells the workflows, which write it to the catalog; or writes it there and no more.
pub(super) async fn say(
    choice: &Choice,
    wanted: &Wanted<'_>,
    output: Output,
    printer: Printer,
) -> Result<Exit> {
    let session = Session::open().await?;
    let chosen = choice.look_up(&session).await?;
    let outcomes = if wanted.local {
        streams::each_locally(&chosen.streams, async |stream| {
            let request = IntentRequest {
                stream: stream.to_string(),
                wanted: wanted.wanted.to_owned(),
                verb: wanted.verb.to_owned(),
                reason: wanted.reason.to_owned(),
                by: config::whoami(),
                ..IntentRequest::default()
            };
            let report = teal_activities::stream::set_intent(&session.io, &request).await?;
            Ok(match &*report.replaced {
                "" => Done::said(wanted.locally),
                replaced => Done::said(&format!("{}; before: {replaced}", wanted.locally)),
            })
        })
        .await
    } else {
        let desk = Desk::open(&session).await?;
        desk.tell_all(&chosen.streams, wanted.verb, &streams::ask(wanted.reason)).await
    };
    Outcomes(outcomes).show(&chosen, output.format, printer)
}
