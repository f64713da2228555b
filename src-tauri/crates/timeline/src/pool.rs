//! Values that states of a history share, by number.

use std::collections::HashMap;
use std::sync::Arc;

/// Values by number. One that is shared has one number, equal ones that are not have several.
pub(crate) struct Pool<T> {
    values: Vec<Arc<T>>,
    numbers: HashMap<*const T, usize>,
}

impl<T> Pool<T> {
    /// Numbers values in order.
    pub(crate) fn of<'a>(values: impl Iterator<Item = &'a Arc<T>>) -> Self
    where
        T: 'a,
    {
        let mut pool = Self {
            values: Vec::new(),
            numbers: HashMap::new(),
        };
        for value in values {
            pool.number(value);
        }
        pool
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Adds values that were saved, under the next numbers.
    pub(crate) fn extend(&mut self, values: Vec<Arc<T>>) {
        self.values.extend(values);
    }

    /// The values from a number on.
    pub(crate) fn into_rest(mut self, from: usize) -> Vec<Arc<T>> {
        self.values.split_off(from)
    }

    /// The number of a value, which gets one when it has none. Most values follow the one that they
    /// followed before: no need to look up what is the `expected` one.
    pub(crate) fn number_near(&mut self, value: &Arc<T>, expected: usize) -> usize {
        let known = self.values.get(expected);
        if known.is_some_and(|known| Arc::ptr_eq(known, value)) {
            return expected;
        }
        self.number(value)
    }

    pub(crate) fn number(&mut self, value: &Arc<T>) -> usize {
        let next = self.values.len();
        let number = *self.numbers.entry(Arc::as_ptr(value)).or_insert(next);
        if number == next {
            self.values.push(Arc::clone(value));
        }
        number
    }

    /// So many values from a number on; `None` when there are not as many.
    pub(crate) fn get(&self, first: usize, count: usize) -> Option<&[Arc<T>]> {
        self.values.get(first..first.saturating_add(count))
    }
}
