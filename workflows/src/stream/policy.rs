//! How long to wait after a failure.

use teal_model::Kind;
use teal_proto::v1::Failure;

use super::state::State;
use crate::{activity::own, code};

/// Bounds of the longest pause: that of a stream is its own period, as a later try would only be
/// the next batch, but not so short that a dead source is hammered.
pub const LONGEST_PAUSE_SECONDS: (u32, u32) = (10, 300);

/// Pause before the next try: [`pause_ms`], and up to a fifth more by a fixed hash of the stream's
/// name, so that a source that comes back is not met by all its streams at once.
pub(super) fn backoff_ms(state: &State) -> i64 {
    let pause = pause_ms(state.failures, state.config.period_seconds);
    pause + pause * i64::from(spread(&state.stream)) / 1_000
}

/// The pause after so many failures in a row, of a stream of this period (0: without schedule):
/// 1 s·2ⁿ up to the bound.
pub fn pause_ms(failures: u32, period_seconds: u32) -> i64 {
    let doublings = failures.saturating_sub(1).min(16);
    let longest = match period_seconds {
        0 => LONGEST_PAUSE_SECONDS.1,
        period => period.clamp(LONGEST_PAUSE_SECONDS.0, LONGEST_PAUSE_SECONDS.1),
    };
    (1_000_i64 << doublings).min(i64::from(longest) * 1_000)
}

/// 0 to 199 thousandths, by FNV-1a: a hash whose values are fixed for ever, unlike std's.
fn spread(name: &str) -> u16 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    u16::try_from(hash % 200).unwrap_or(0)
}

/// A cancellation that the workflow did not ask for.
pub(super) fn cancelled() -> Failure {
    own(code::WORK0003, "somebody cancelled the activity")
}

/// A worker that died must not park its stream.
const _: () = assert!(matches!(code::WORK0001.kind, Kind::Transient));
