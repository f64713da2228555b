//! No row of a table tells of so few sessions that it tells of persons.

use serde::Serialize;

/// A row of fewer sessions is not shown by itself.
pub const FEWEST_SESSIONS: u64 = 5;

/// Rows that are not shown one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Hidden {
    /// How many rows.
    pub rows: u64,
    /// Their sessions together; `None` when even together they are too few to tell.
    pub sessions: Option<u64>,
}

/// Takes the rows away that tell of fewer than [`FEWEST_SESSIONS`]. What is taken away could be had
/// by subtracting the rest from the total, so it never is that few together: further rows, the
/// smallest first, go with it.
///
/// The order of `rows` is kept, and decides between rows of the same size: the later one goes.
pub(crate) fn hide_small<R>(rows: &mut Vec<R>, sessions: impl Fn(&R) -> u64) -> Option<Hidden> {
    let mut sizes: Vec<(u64, usize)> = rows.iter().map(&sessions).zip(0..).collect();
    sizes.sort_by_key(|(size, index)| (*size, std::cmp::Reverse(*index)));
    let mut hidden = 0;
    let mut taken = vec![false; rows.len()];
    let mut count = 0;
    for (size, index) in sizes {
        let enough = size >= FEWEST_SESSIONS && (count == 0 || hidden >= FEWEST_SESSIONS);
        if enough {
            break;
        }
        if let Some(taken) = taken.get_mut(index) {
            *taken = true;
        }
        hidden += size;
        count += 1;
    }
    let mut taken = taken.into_iter();
    rows.retain(|_| !taken.next().unwrap_or(false));
    (count > 0).then_some(Hidden {
        rows: count,
        sessions: (hidden >= FEWEST_SESSIONS).then_some(hidden),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hidden(sizes: &[u64]) -> (Vec<u64>, Option<Hidden>) {
        let mut rows = sizes.to_vec();
        let hidden = hide_small(&mut rows, |size| *size);
        (rows, hidden)
    }

    #[test]
    fn small_rows_go_and_can_not_be_had_by_subtraction() {
        let some = |rows, sessions| Some(Hidden { rows, sessions });
        assert_eq!(hidden(&[]), (vec![], None));
        assert_eq!(hidden(&[9, 5]), (vec![9, 5], None));
        assert_eq!(hidden(&[9, 3, 2]), (vec![9], some(2, Some(5))));
        assert_eq!(hidden(&[9, 7, 4]), (vec![9], some(2, Some(11))));
        assert_eq!(hidden(&[9, 6, 6, 1]), (vec![9, 6], some(2, Some(7))));
        assert_eq!(hidden(&[2, 2]), (vec![], some(2, None)));
        assert_eq!(hidden(&[4]), (vec![], some(1, None)));
        assert_eq!(hidden(&[0, 8]), (vec![], some(2, Some(8))));
    }

    proptest! {
        #[test]
        fn nothing_small_is_left_and_nothing_is_lost(sizes in proptest::collection::vec(0_u64..20, 0..12)) {
            let (shown, hidden) = hidden(&sizes);
            prop_assert!(shown.iter().all(|size| *size >= FEWEST_SESSIONS));
            let total: u64 = sizes.iter().sum();
            let rest = total - shown.iter().sum::<u64>();
            match hidden {
                None => prop_assert_eq!((shown, rest), (sizes, 0)),
                Some(Hidden { rows, sessions: Some(sessions) }) => {
                    prop_assert_eq!(sessions, rest);
                    prop_assert!(rest >= FEWEST_SESSIONS);
                    prop_assert_eq!(rows as usize + shown.len(), sizes.len());
                }
                Some(Hidden { sessions: None, .. }) => {
                    prop_assert!(shown.is_empty() && rest < FEWEST_SESSIONS);
                }
            }
        }
    }
}
