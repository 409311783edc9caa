//! What has to be pulled from the source for one dataset.

use teal_model::{BatchId, release::Style};

use super::{Digest, digest::mask_for};

/// A digest with this many times too few buckets for its dataset is renewed by a full pull.
const OUTGROWN: i32 = 8;

/// Some hash buckets of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    /// Number of buckets − 1.
    pub mask: i32,
    /// Which, ascending.
    pub numbers: Vec<i32>,
}

/// Rows to pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pull {
    /// Everything, straight into the table that will be published: with the batch columns.
    FirstLoad {
        /// The batch that the rows belong to.
        batch: BatchId,
        /// Which batch columns there are.
        style: Style,
    },
    /// Everything, to be compared with the merge table.
    All,
    /// What differs, to be compared with the same buckets of the merge table.
    Buckets(Buckets),
    /// Nothing: the digests are equal.
    Nothing,
}

impl Pull {
    /// Compares what the last batch left with what the source holds now. Where most rows would be
    /// pulled anyway, all of them are: the merge then needs no second look at buckets.
    pub fn decide(left: &Digest, found: &Digest) -> Self {
        let numbers = left.differing(found);
        if numbers.is_empty() {
            return Self::Nothing;
        }
        let moved = left.rows_of(&numbers) + found.rows_of(&numbers);
        let outgrown = mask_for(found.rows()) / OUTGROWN > left.mask();
        if outgrown || 2 * moved > left.rows() + found.rows() {
            Self::All
        } else {
            Self::Buckets(Buckets { mask: left.mask(), numbers })
        }
    }

    /// Values of the batch columns that travel with each row.
    pub fn batch_columns(&self) -> Vec<i32> {
        match self {
            Self::FirstLoad { batch, style: Style::Live } => vec![batch.as_i32()],
            Self::FirstLoad { batch, style: Style::Milestoned } => {
                vec![batch.as_i32(), BatchId::OPEN]
            }
            Self::All | Self::Buckets(_) | Self::Nothing => Vec::new(),
        }
    }

    /// The buckets, where not everything is pulled.
    pub const fn buckets(&self) -> Option<&Buckets> {
        match self {
            Self::Buckets(buckets) => Some(buckets),
            Self::FirstLoad { .. } | Self::All | Self::Nothing => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(xors: [i64; 4]) -> Digest {
        Digest::of_parts(3, vec![10; 4], xors.to_vec()).unwrap()
    }

    #[test]
    fn only_differing_buckets_are_pulled_until_they_are_most() {
        let left = digest([1, 2, 3, 4]);
        assert_eq!(Pull::decide(&left, &left), Pull::Nothing);
        let some = Buckets { mask: 3, numbers: vec![1, 2] };
        assert_eq!(Pull::decide(&left, &digest([1, 0, 0, 4])), Pull::Buckets(some));
        assert_eq!(Pull::decide(&left, &digest([0, 0, 0, 4])), Pull::All);
    }

    #[test]
    fn a_dataset_that_outgrew_its_buckets_is_pulled_whole() {
        let left = Digest::of_parts(0, vec![1], vec![1]).unwrap();
        let found = Digest::of_parts(0, vec![5_000], vec![2]).unwrap();
        assert_eq!(Pull::decide(&left, &found), Pull::All);
        let left = Digest::of_parts(3, vec![5_000; 4], vec![1; 4]).unwrap();
        let mut found = left.clone();
        found.replace(&[0], &Digest::of_parts(3, vec![5_000; 4], vec![2; 4]).unwrap()).unwrap();
        assert_eq!(Pull::decide(&left, &found), Pull::All);
    }
}
