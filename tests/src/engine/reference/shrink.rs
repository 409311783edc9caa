//! Delta debugging: the shortest script that still fails (Zeller and Hildebrandt's ddmin).

use std::time::{Duration, Instant};

/// Leaves out parts of `script`, halves first and single steps last, as long as `fails` says that what
/// is left fails too, or until `patience` is over. Answers with what is left and its failure.
pub(super) async fn shrink<T: Clone, F>(
    mut script: Vec<T>,
    mut failure: F,
    patience: Duration,
    fails: impl AsyncFn(&[T]) -> Option<F>,
) -> (Vec<T>, F) {
    let started = Instant::now();
    let mut length = script.len().div_ceil(2);
    loop {
        let (mut at, mut shorter) = (0, false);
        while at < script.len() && started.elapsed() < patience {
            let end = (at + length).min(script.len());
            let rest = [&script[..at], &script[end..]].concat();
            match fails(&rest).await {
                Some(other) => (script, failure, shorter) = (rest, other, true),
                None => at = end,
            }
        }
        match (length, shorter) {
            _ if started.elapsed() >= patience => return (script, failure),
            (1, false) => return (script, failure),
            (1, true) => {} // one step may have needed another that is gone now
            _ => length = length.div_ceil(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn least(length: u32, fails: fn(&[u32]) -> bool) -> Vec<u32> {
        let patience = Duration::from_secs(60);
        let script: Vec<u32> = (0..length).collect();
        shrink(script, (), patience, async |rest: &[u32]| fails(rest).then_some(())).await.0
    }

    #[tokio::test]
    async fn what_is_left_is_what_the_failure_takes() {
        let pair = |rest: &[u32]| rest.contains(&3) && rest.contains(&17);
        assert_eq!(least(40, pair).await, [3, 17]);
        let any_two = |rest: &[u32]| rest.iter().filter(|step| *step % 5 == 0).count() > 1;
        assert_eq!(least(33, any_two).await.len(), 2);
        assert_eq!(least(9, |_| true).await, Vec::<u32>::new());
        let after = |rest: &[u32]| !rest.contains(&8) || rest.contains(&2);
        assert_eq!(least(9, after).await, Vec::<u32>::new());
    }

    #[tokio::test]
    async fn without_patience_the_script_stays_as_it_is() {
        let same = shrink(vec![1, 2, 3], (), Duration::ZERO, async |_: &[i32]| Some(())).await;
        assert_eq!(same.0, [1, 2, 3]);
    }
}
