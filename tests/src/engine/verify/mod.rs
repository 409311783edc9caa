//! `teal verify` finds what somebody did by hand, and nothing else.

mod damage;
mod looks;
mod repair;

use teal_activities::{
    pulse::Still,
    verify::{self, Options, Report},
};
use teal_model::release::{DatasetSpec, Style};

use super::world::{Stream, World, dataset};

impl Stream {
    /// A verification while nothing changes at the source.
    pub(in crate::engine) async fn verified(&self) -> Report {
        self.verified_within(&Options::default()).await
    }

    async fn verified_within(&self, options: &Options) -> Report {
        verify::at_rest(&self.io, &self.spec.id, options, &Still::default()).await.unwrap()
    }
}

const THINGS: &str = "create table things (id int, part text, amount numeric, note text,
    primary key (id, part))";

fn things() -> DatasetSpec {
    let columns = [("id", "integer"), ("part", "text"), ("amount", "decimal?"), ("note", "text?")];
    dataset("things", &["id", "part"], &columns)
}

/// A stream of six batches: rows 1 to 6 came in batch 1; 2 changed in batch 2 and again in 3, 3 went
/// in batch 3 and came back in 5, 4 went in batch 4, 7 came in batch 6.
async fn lived(test: &str, style: Style) -> (World, Stream) {
    let world = World::new(test).await;
    let source = &world.bench.source;
    source.run(THINGS).await;
    source.run("insert into things select g, 'a', g, 'n' || g from generate_series(1, 6) g").await;
    let stream = world.stream(style, &[things()]).await;
    for change in [
        "select 1",
        "update things set note = 'second' where id = 2",
        "update things set note = 'third' where id = 2; delete from things where id = 3",
        "delete from things where id = 4",
        "insert into things values (3, 'a', 3.0, 'back')",
        "insert into things values (7, 'b', null, null)",
    ] {
        source.run(change).await;
        stream.batch().await;
    }
    let sound = stream.verified().await;
    assert_eq!(sound.complaints(), "");
    assert_eq!((sound.batch, sound.datasets[0].rows, sound.datasets[0].source_rows), (6, 6, 6));
    (world, stream)
}
