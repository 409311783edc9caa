//! Arming: what the environment variable says, read once when a program starts.

use std::{
    str::FromStr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use teal_model::{Error, Result};

use crate::{Boundary, Point, Side, code};

/// The variable: `batch.commit:after=kill,stream.note:before=error@2`.
pub const VARIABLE: &str = "TEAL_FAILPOINTS";

/// Whether this build can be armed at all: an environment variable must not be able to end a
/// process in production.
const ARMABLE: bool = cfg!(any(debug_assertions, feature = "armable"));

static IS_ARMED: AtomicBool = AtomicBool::new(false);
static ARMED: OnceLock<Vec<Armed>> = OnceLock::new();

/// What happens at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// SIGKILL: nothing is cleaned up.
    Kill,
    /// SIGSTOP: the process stands still, its connections open, until somebody sends SIGCONT.
    Stop,
    /// The function that passes the point fails.
    Error,
}

/// One point that does something, once.
#[derive(Debug)]
struct Armed {
    point: Point,
    action: Action,
    /// At which hit, from 1.
    nth: u32,
    hits: AtomicU32,
}

/// Arms what `text` (the value of [`VARIABLE`]) says, for the rest of the process's life; an empty
/// one arms nothing.
///
/// # Errors
/// `FAIL0002` for a text of another form, a boundary that does not exist, or a second call;
/// `FAIL0003` for anything in a build without failpoints.
pub fn arm(text: &str) -> Result<()> {
    let armed = parse(text)?;
    if armed.is_empty() {
        return Ok(());
    }
    refuse_unless(ARMABLE)?;
    ARMED.set(armed).map_err(|_earlier| refused(text, "it was read before"))?;
    IS_ARMED.store(true, Ordering::Release);
    Ok(())
}

fn refuse_unless(armable: bool) -> Result<()> {
    if armable { Ok(()) } else { Err(Error::new(code::FAIL0003)) }
}

/// Whether any point does something.
#[inline]
pub(crate) fn is_armed() -> bool {
    ARMABLE && IS_ARMED.load(Ordering::Relaxed)
}

/// What a point that is being passed has to do now.
pub(crate) fn due(point: Point) -> Option<Action> {
    let of_point = ARMED.get()?.iter().filter(|armed| armed.point == point);
    let due = of_point.filter(|armed| armed.hits.fetch_add(1, Ordering::Relaxed) + 1 == armed.nth);
    due.map(|armed| armed.action).last() // each one counts this hit
}

fn parse(text: &str) -> Result<Vec<Armed>> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(read).collect()
}

fn read(part: &str) -> Result<Armed> {
    let (point, what) = part.split_once('=').ok_or_else(|| refused(part, "no `=`"))?;
    let (action, nth) = what.split_once('@').unwrap_or((what, "1"));
    let action = match action {
        "kill" => Action::Kill,
        "stop" => Action::Stop,
        "error" => Action::Error,
        _ => return Err(refused(part, "no such action")),
    };
    let nth: u32 = nth.parse().map_err(|_bad| refused(part, "`@` takes a number"))?;
    if nth == 0 {
        return Err(refused(part, "`@` counts from 1"));
    }
    Ok(Armed { point: point.parse()?, action, nth, hits: AtomicU32::new(0) })
}

fn refused(part: &str, problem: &str) -> Error {
    Error::new(code::FAIL0002).with("part", part).with("problem", problem)
}

impl FromStr for Point {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, side) = text.split_once(':').ok_or_else(|| refused(text, "no `:`"))?;
        let side = match side {
            "before" => Side::Before,
            "after" => Side::After,
            _ => return Err(refused(text, "neither `before` nor `after`")),
        };
        let boundary = Boundary::ALL.iter().find(|boundary| boundary.name() == name);
        let boundary = boundary.ok_or_else(|| refused(text, "no such boundary"))?;
        Ok(Self { boundary: *boundary, side })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AFTER_COMMIT: Point = Point { boundary: Boundary::BatchCommit, side: Side::After };

    #[test]
    fn every_point_is_read_as_it_is_written() {
        for point in Point::all() {
            assert_eq!(point.to_string().parse::<Point>().unwrap(), point);
        }
    }

    #[test]
    fn a_text_that_means_nothing_is_refused_with_its_part() {
        for (text, problem) in [
            ("batch.commit", "no `=`"),
            ("batch.commit=kill", "no `:`"),
            ("batch.commit:later=kill", "neither"),
            ("batch.comit:after=kill", "no such boundary"),
            ("batch.commit:after=drop", "no such action"),
            ("batch.commit:after=kill@zero", "takes a number"),
            ("batch.commit:after=kill@0", "counts from 1"),
        ] {
            let error = parse(&format!("batch.begin:before=stop, {text}")).unwrap_err();
            assert_eq!(error.code(), code::FAIL0002);
            assert!(error.to_string().contains(problem), "{text}: {error}");
        }
        assert!(parse(" , ").unwrap().is_empty());
    }

    #[test]
    fn a_build_without_failpoints_refuses_them() {
        assert!(refuse_unless(true).is_ok());
        assert_eq!(refuse_unless(false).unwrap_err().code(), code::FAIL0003);
    }

    /// The only test that arms this process.
    #[test]
    fn an_armed_point_does_it_once_at_its_hit_and_says_so() {
        assert!(crate::after(Boundary::BatchCommit).is_ok());
        arm("batch.commit:after=error@2,batch.commit:after=error@3").unwrap();
        assert!(crate::before(Boundary::BatchCommit).is_ok());
        assert!(crate::after(Boundary::BatchCommit).is_ok());
        for _second_and_third in 0..2 {
            let error = crate::after(Boundary::BatchCommit).unwrap_err();
            assert_eq!(error.code(), code::FAIL0001);
            assert!(error.to_string().contains(&AFTER_COMMIT.to_string()), "{error}");
        }
        assert!(crate::after(Boundary::BatchCommit).is_ok());
        assert_eq!(arm("batch.begin:before=kill").unwrap_err().code(), code::FAIL0002);
    }
}
