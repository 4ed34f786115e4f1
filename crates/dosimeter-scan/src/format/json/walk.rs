//! One JSON text walked straight into a sink: no tree of values is built.
//!
//! Keys form a small tree that both the sampler and the reader look names up in. Lines mostly repeat their keys in
//! the same order, so the turn of a key is tried before the map.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::HashMap;
use std::fmt;

/// Takes the cells of one object.
pub(super) trait Sink {
    /// The key below a parent, `None` to skip its value. `turn` is its place in the object.
    fn child(&mut self, parent: usize, turn: usize, name: &str) -> Option<usize>;
    fn null(&mut self, key: usize);
    fn boolean(&mut self, key: usize, value: bool);
    fn integer(&mut self, key: usize, value: i64);
    /// A whole number beyond `i64`.
    fn unsigned(&mut self, key: usize, value: u64);
    fn float(&mut self, key: usize, value: f64);
    fn string(&mut self, key: usize, value: &str);
    /// A list, with its numbers (null as NaN) where it holds nothing else.
    fn list(&mut self, key: usize, numbers: Option<&[f32]>);
    /// Takes back the cells of an object that broke off.
    fn undo(&mut self) {}
}

/// All keys seen, as a tree; 0 is the object itself.
#[derive(Clone, Debug)]
pub(super) struct Keys(Vec<Key>);

#[derive(Clone, Debug, Default)]
struct Key {
    /// Dotted.
    path: String,
    /// Own name and number of each child, in order of appearance.
    children: Vec<(String, usize)>,
    by_name: HashMap<String, usize>,
    parent: usize,
}

impl Default for Keys {
    fn default() -> Self {
        Self(vec![Key::default()])
    }
}

impl Keys {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn name(&self, key: usize) -> &str {
        self.0.get(key).map_or("", |k| k.path.as_str())
    }

    pub(super) fn has_children(&self, key: usize) -> bool {
        self.0.get(key).is_some_and(|k| !k.children.is_empty())
    }

    pub(super) fn find(&self, parent: usize, turn: usize, name: &str) -> Option<usize> {
        let parent = self.0.get(parent)?;
        match parent.children.get(turn) {
            Some((own, key)) if own == name => Some(*key),
            _ => parent.by_name.get(name).copied(),
        }
    }

    pub(super) fn join(&self, parent: usize, name: &str) -> String {
        if parent == 0 { name.to_owned() } else { format!("{}.{name}", self.name(parent)) }
    }

    pub(super) fn add(&mut self, parent: usize, name: &str) -> usize {
        let key = self.0.len();
        let path = self.join(parent, name);
        self.0.push(Key { path, parent, ..Key::default() });
        if let Some(above) = self.0.get_mut(parent) {
            above.children.push((name.to_owned(), key));
            above.by_name.insert(name.to_owned(), key);
        }
        key
    }

    /// Keys that have a place, or something below them has.
    pub(super) fn wanted(&self, places: &[Option<usize>]) -> Vec<bool> {
        let mut wanted: Vec<bool> = places.iter().map(Option::is_some).collect();
        // Children come after their parents, so one pass backwards is enough.
        for (key, entry) in self.0.iter().enumerate().rev() {
            if wanted.get(key) == Some(&true)
                && let Some(above) = wanted.get_mut(entry.parent)
            {
                *above = true;
            }
        }
        wanted
    }
}

/// Walks one object.
pub(super) fn walk(text: &[u8], sink: &mut impl Sink, depth: usize) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    deserializer.deserialize_map(Object { sink, key: 0, depth })?;
    deserializer.end()
}

struct Object<'a, S> {
    sink: &'a mut S,
    key: usize,
    depth: usize,
}

impl<'de, S: Sink> Visitor<'de> for Object<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        object(self.sink, self.key, self.depth, map)
    }
}

fn object<'de, S: Sink, A: MapAccess<'de>>(sink: &mut S, key: usize, depth: usize, mut map: A) -> Result<(), A::Error> {
    let depth = deeper(depth)?;
    let mut turn = 0;
    while let Some(child) = map.next_key_seed(Name { sink, key, turn })? {
        turn += 1;
        match child {
            Some(key) => map.next_value_seed(Cell { sink, key, depth })?,
            None => map.next_value::<IgnoredAny>().map(|_| ())?,
        }
    }
    Ok(())
}

/// Looks a key up without copying it.
struct Name<'a, S> {
    sink: &'a mut S,
    key: usize,
    turn: usize,
}

impl<'de, S: Sink> DeserializeSeed<'de> for Name<'_, S> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<S: Sink> Visitor<'_> for Name<'_, S> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.sink.child(self.key, self.turn, name))
    }
}

/// One value of an object.
struct Cell<'a, S> {
    sink: &'a mut S,
    key: usize,
    depth: usize,
}

impl<'de, S: Sink> DeserializeSeed<'de> for Cell<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: Sink> Visitor<'de> for Cell<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.sink.null(self.key);
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.sink.boolean(self.key, value);
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.sink.integer(self.key, value);
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        match i64::try_from(value) {
            Ok(value) => self.sink.integer(self.key, value),
            Err(_) => self.sink.unsigned(self.key, value),
        }
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.sink.float(self.key, value);
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.sink.string(self.key, value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let depth = deeper(self.depth)?;
        // A line is bounded, and so is what it lists.
        let mut numbers: Option<Vec<f32>> = Some(Vec::new());
        while let Some(item) = list.next_element_seed(Skip(depth))? {
            match (item, &mut numbers) {
                (Some(x), Some(numbers)) => numbers.push(x),
                _ => numbers = None,
            }
        }
        self.sink.list(self.key, numbers.as_deref().filter(|n| !n.is_empty()));
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        object(self.sink, self.key, self.depth, map)
    }
}

/// Skips a value, within the depth that is left, but for a number.
struct Skip(usize);

impl<'de> DeserializeSeed<'de> for Skip {
    type Value = Option<f32>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<f32>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Skip {
    type Value = Option<f32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<f32>, E> {
        Ok(Some(f32::NAN))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Option<f32>, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Option<f32>, E> {
        Ok(Some(value as f32))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Option<f32>, E> {
        Ok(Some(value as f32))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Option<f32>, E> {
        Ok(Some(value as f32))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Option<f32>, E> {
        // JSON has no other way to write what is not finite.
        Ok(value.parse().ok().filter(|x: &f32| !x.is_finite()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<f32>, A::Error> {
        let depth = deeper(self.0)?;
        while list.next_element_seed(Skip(depth))?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<f32>, A::Error> {
        let depth = deeper(self.0)?;
        while map.next_key::<IgnoredAny>()?.is_some() {
            map.next_value_seed(Skip(depth))?;
        }
        Ok(None)
    }
}

fn deeper<E: Error>(depth: usize) -> Result<usize, E> {
    depth.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))
}
