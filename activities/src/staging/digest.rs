//! Digest of a dataset: rows and xor of the row hashes, by hash bucket.

use teal_model::{Error, Result};

use crate::code;

/// Rows that a bucket should hold: fewer make the digest long, more make a small change pull much.
const ROWS_PER_BUCKET: u64 = 64;
/// Most buckets of one digest: 1 MB in the catalog and on the way from the source.
const MOST_BUCKETS: u64 = 65_536;

/// What a dataset holds, by `teal_hash & mask`. Always in terms of hashes that the source computed:
/// no hash function is ever compared across servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    mask: i32,
    counts: Vec<i64>,
    xors: Vec<i64>,
}

/// Number of buckets − 1 for so many rows; the number is a power of two.
pub fn mask_for(rows: u64) -> i32 {
    let buckets = (rows / ROWS_PER_BUCKET).next_power_of_two().clamp(1, MOST_BUCKETS);
    i32::try_from(buckets - 1).unwrap_or(0)
}

impl Digest {
    /// The digest of nothing.
    pub fn empty(mask: i32) -> Self {
        let buckets = usize::try_from(mask).unwrap_or(0) + 1;
        Self { mask, counts: vec![0; buckets], xors: vec![0; buckets] }
    }

    /// From what the catalog holds; `None` when the lengths do not fit the mask.
    pub fn of_parts(mask: i32, counts: Vec<i64>, xors: Vec<i64>) -> Option<Self> {
        let buckets = usize::try_from(mask).ok()? + 1;
        (counts.len() == buckets && xors.len() == buckets).then_some(Self { mask, counts, xors })
    }

    /// From groups `(bucket, rows, xor)`; buckets that are not named are empty.
    ///
    /// # Errors
    /// `PG0001` for a bucket outside of the mask, which the grouping query cannot give.
    pub fn of_groups(mask: i32, groups: &[(i32, i64, i64)]) -> Result<Self> {
        let mut digest = Self::empty(mask);
        for (bucket, rows, xor) in groups {
            digest.set(*bucket, *rows, *xor)?;
        }
        Ok(digest)
    }

    fn set(&mut self, bucket: i32, rows: i64, xor: i64) -> Result<()> {
        let place = usize::try_from(bucket).ok();
        let slots = place.and_then(|p| Some((self.counts.get_mut(p)?, self.xors.get_mut(p)?)));
        let Some((count, bits)) = slots else {
            return Err(Error::new(code::PG0001).with("bucket", bucket).with("mask", self.mask));
        };
        (*count, *bits) = (rows, xor);
        Ok(())
    }

    /// Number of buckets − 1.
    pub const fn mask(&self) -> i32 {
        self.mask
    }

    /// Rows of each bucket.
    pub fn counts(&self) -> &[i64] {
        &self.counts
    }

    /// Xor of the hashes of each bucket.
    pub fn xors(&self) -> &[i64] {
        &self.xors
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        self.counts.iter().map(|&rows| u64::try_from(rows).unwrap_or(0)).sum()
    }

    /// Rows of some buckets.
    pub fn rows_of(&self, buckets: &[i32]) -> u64 {
        let count = |&bucket: &i32| self.counts.get(usize::try_from(bucket).ok()?).copied();
        buckets.iter().filter_map(count).map(|rows| u64::try_from(rows).unwrap_or(0)).sum()
    }

    /// Buckets in which the two differ, ascending. Both have one mask.
    pub fn differing(&self, other: &Self) -> Vec<i32> {
        let here = self.counts.iter().zip(&self.xors);
        let there = other.counts.iter().zip(&other.xors);
        (0..).zip(here.zip(there)).filter(|(_, (a, b))| a != b).map(|(bucket, _)| bucket).collect()
    }

    /// Takes `buckets` over from `newer`.
    ///
    /// # Errors
    /// `PG0001` when the masks differ.
    pub fn replace(&mut self, buckets: &[i32], newer: &Self) -> Result<()> {
        for &bucket in buckets {
            let place = usize::try_from(bucket).unwrap_or(usize::MAX);
            let rows = newer.counts.get(place).copied().unwrap_or(0);
            self.set(bucket, rows, newer.xors.get(place).copied().unwrap_or(0))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_the_rows_within_bounds() {
        let masks = [0, 1, 127, 128, 129, 5_000_000, u64::MAX / 2].map(mask_for);
        assert_eq!(masks, [0, 0, 0, 1, 1, 65_535, 65_535]);
    }

    #[test]
    fn a_changed_row_differs_in_its_old_and_its_new_bucket() {
        let before = Digest::of_groups(3, &[(0, 1, 8), (2, 2, 77)]).unwrap();
        let after = Digest::of_groups(3, &[(1, 1, 9), (2, 2, 77)]).unwrap();
        assert_eq!(before.differing(&after), [0, 1]);
        let mut merged = before;
        merged.replace(&[0, 1], &after).unwrap();
        assert_eq!(merged, after);
        assert_eq!(merged.rows(), 3);
        assert_eq!(merged.rows_of(&[1, 3]), 1);
    }

    #[test]
    fn a_bucket_outside_of_the_mask_is_refused() {
        assert!(Digest::of_groups(3, &[(4, 1, 1)]).is_err());
        assert_eq!(Digest::of_parts(3, vec![0; 4], vec![0; 3]), None);
    }
}
