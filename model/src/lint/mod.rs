//! Lint: what is wrong between documents that are each well-formed.
//!
//! Each module checks one subject and reports everything that it finds; none stops another.
//! Values at [`crate::Span::NOWHERE`] stand for a mistake that is reported already: they are
//! skipped. Read first: [`index::Index`].

mod addresses;
mod consumers;
mod datasets;
mod endpoints;
pub(crate) mod index;
mod names;
mod references;
mod schedules;
pub(crate) mod sharing;
mod sizes;

use self::index::Index;
use crate::yaml::Report;

/// Checks all subjects but those that need a compiled graph ([`sharing`]).
pub(crate) fn check(index: &Index<'_>, report: &mut Report) {
    names::check(index, report);
    references::check(index, report);
    addresses::check(index, report);
    endpoints::check(index, report);
    datasets::check(index, report);
    schedules::check(index, report);
    consumers::check(index, report);
    sizes::check(index, report);
}
