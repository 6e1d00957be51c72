//! A few values in place: most lists of operands are that short, and a trace has thousands of them.

use std::ops::{Deref, DerefMut};

/// How many lie in place.
const FEW: usize = 4;

/// A list that needs memory of its own only if it is long.
#[derive(Clone, Debug)]
pub enum Few<T> {
    /// Up to [`FEW`], and how many.
    Short([T; FEW], u8),
    /// More.
    Long(Box<[T]>),
}

impl<T: Copy + Default> Few<T> {
    /// Makes a list of so many equal values.
    pub fn filled(value: T, n: usize) -> Few<T> {
        if n <= FEW { Few::Short([value; FEW], n as u8) } else { Few::Long(vec![value; n].into()) }
    }

    /// Copies a list.
    pub fn of(list: &[T]) -> Few<T> {
        let mut out = Few::filled(T::default(), list.len());
        out.copy_from_slice(list);
        out
    }
}

impl<T> Default for Few<T>
where
    T: Copy + Default,
{
    fn default() -> Few<T> {
        Few::filled(T::default(), 0)
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Few::Short(list, n) => &list[..usize::from(*n)],
            Few::Long(list) => list,
        }
    }
}

impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Few::Short(list, n) => &mut list[..usize::from(*n)],
            Few::Long(list) => list,
        }
    }
}

impl<T: PartialEq> PartialEq for Few<T> {
    fn eq(&self, other: &Few<T>) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_any_length_are_what_was_put_in() {
        for n in 0..10 {
            let list: Vec<usize> = (1..=n).collect();
            let mut few = Few::of(&list);
            assert_eq!(*few, *list);
            assert_eq!(few, Few::of(&list));
            few.iter_mut().for_each(|x| *x = 7);
            assert_eq!(few, Few::filled(7, n));
        }
        assert!(Few::<usize>::default().is_empty());
        assert!(Few::of(&[1]) != Few::of(&[1, 0]));
    }
}
