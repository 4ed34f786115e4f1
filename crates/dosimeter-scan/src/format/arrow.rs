//! Arrow arrays to columns: integers widened, times brought to microseconds, strings to keys; no copy where the
//! buffers already fit.

use crate::batch::{Column, Values};
use crate::error::ReadError;
use crate::field::Kind;
use crate::input::Source;
use crate::problem::{ProblemKind, Tally};
use crate::vectors::Vectors;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType,
    Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::{DataType, Fields, TimeUnit};
use std::sync::Arc;

const DAY: i64 = dosimeter_core::time::DAY;

/// The kind of an Arrow type, `None` for what is named and skipped.
pub(crate) fn kind_of(data_type: &DataType) -> Option<Kind> {
    Some(match data_type {
        DataType::Boolean => Kind::Boolean,
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64 => Kind::Integer,
        DataType::Float16
        | DataType::Float32
        | DataType::Float64
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..)
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Duration(_) => Kind::Number,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Kind::Time,
        DataType::Null
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView => Kind::Text,
        DataType::Dictionary(_, value) => return kind_of(value),
        DataType::List(f) | DataType::LargeList(f) | DataType::FixedSizeList(f, _) if is_float(f.data_type()) => {
            Kind::Vector
        }
        _ => return None,
    })
}

fn is_float(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Float16 | DataType::Float32 | DataType::Float64)
}

/// A leaf of a schema: dotted name, type, whether nulls can occur there.
pub(crate) struct Leaf {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) nullable: bool,
}

/// The leaves of a schema in order, structs taken apart; anything else nested is one leaf.
pub(crate) fn leaves(fields: &Fields, depth: usize) -> Result<Vec<Leaf>, ReadError> {
    if depth == 0 {
        return Err(ReadError::new("column types nested too deep"));
    }
    let mut all = Vec::with_capacity(fields.len());
    for field in fields {
        if let DataType::Struct(children) = field.data_type() {
            for mut leaf in leaves(children, depth - 1)? {
                leaf.name = format!("{}.{}", field.name(), leaf.name);
                leaf.nullable |= field.is_nullable();
                all.push(leaf);
            }
        } else {
            let (name, data_type) = (field.name().clone(), field.data_type().clone());
            all.push(Leaf { name, data_type, nullable: field.is_nullable() });
        }
    }
    Ok(all)
}

/// The leaf arrays of a batch in the order of [`leaves`], with the nulls of the structs around them.
pub(crate) fn flatten(
    columns: &[ArrayRef],
    outer: Option<&NullBuffer>,
    into: &mut Vec<(ArrayRef, Option<NullBuffer>)>,
) {
    for array in columns {
        if let Some(parent) = array.as_struct_opt() {
            let nulls = NullBuffer::union(outer, parent.nulls());
            flatten(parent.columns(), nulls.as_ref(), into);
        } else {
            into.push((Arc::clone(array), outer.cloned()));
        }
    }
}

/// An array as a column.
pub(crate) fn column(name: Arc<str>, array: &ArrayRef, outer: Option<&NullBuffer>) -> Result<Column, ReadError> {
    let nulls = array.logical_nulls();
    let validity = NullBuffer::union(nulls.as_ref(), outer).filter(|n| n.null_count() > 0);
    let values = values(array, validity.as_ref())?;
    Ok(Column::plain(name, values, validity))
}

/// Says that a column of bytes that could have been text was none: its batch has no values to look at.
pub(crate) fn note_bytes(source: &Source, column: &Column) {
    if matches!(column.values, Values::Unsupported(_)) {
        source.problems.record(&source.name, ProblemKind::Bytes, &column.name, &Tally { count: 1, lines: Vec::new() });
    }
}

fn values(array: &ArrayRef, validity: Option<&NullBuffer>) -> Result<Values, ReadError> {
    Ok(match array.data_type() {
        DataType::Null => Values::Null,
        DataType::Boolean => Values::Boolean(array.as_boolean().values().clone()),
        DataType::Int64 => Values::Integer(raw::<Int64Type>(array)),
        DataType::Int32 => integers::<Int32Type>(array, i64::from),
        DataType::Int16 => integers::<Int16Type>(array, i64::from),
        DataType::Int8 => integers::<Int8Type>(array, i64::from),
        DataType::UInt8 => integers::<UInt8Type>(array, i64::from),
        DataType::UInt16 => integers::<UInt16Type>(array, i64::from),
        DataType::UInt32 => integers::<UInt32Type>(array, i64::from),
        DataType::UInt64 => {
            let raw = raw::<UInt64Type>(array);
            if raw.iter().all(|&v| i64::try_from(v).is_ok()) {
                Values::Integer(raw.iter().map(|&v| v as i64).collect())
            } else {
                Values::Float(raw.iter().map(|&v| v as f64).collect())
            }
        }
        DataType::Float64 => Values::Float(raw::<Float64Type>(array)),
        DataType::Float32 => floats::<Float32Type>(array, f64::from),
        DataType::Float16 => floats::<Float16Type>(array, |v| v.to_f64()),
        DataType::Decimal32(_, s) => floats::<Decimal32Type>(array, scaled(*s, f64::from)),
        DataType::Decimal64(_, s) => floats::<Decimal64Type>(array, scaled(*s, |v| v as f64)),
        DataType::Decimal128(_, s) => floats::<Decimal128Type>(array, scaled(*s, |v| v as f64)),
        DataType::Decimal256(_, s) => floats::<Decimal256Type>(
            array,
            scaled(*s, |v: arrow_buffer::i256| {
                let (low, high) = v.to_parts();
                (high as f64).mul_add(2f64.powi(128), low as f64)
            }),
        ),
        DataType::Time32(TimeUnit::Second) => floats::<Time32SecondType>(array, f64::from),
        DataType::Time32(_) => floats::<Time32MillisecondType>(array, |v| f64::from(v) / 1e3),
        DataType::Time64(TimeUnit::Nanosecond) => floats::<Time64NanosecondType>(array, |v| v as f64 / 1e9),
        DataType::Time64(_) => floats::<Time64MicrosecondType>(array, |v| v as f64 / 1e6),
        DataType::Duration(TimeUnit::Second) => floats::<DurationSecondType>(array, |v| v as f64),
        DataType::Duration(TimeUnit::Millisecond) => floats::<DurationMillisecondType>(array, |v| v as f64 / 1e3),
        DataType::Duration(TimeUnit::Microsecond) => floats::<DurationMicrosecondType>(array, |v| v as f64 / 1e6),
        DataType::Duration(TimeUnit::Nanosecond) => floats::<DurationNanosecondType>(array, |v| v as f64 / 1e9),
        DataType::Date32 => times::<Date32Type>(array, |v| i64::from(v).saturating_mul(DAY)),
        DataType::Date64 => times::<Date64Type>(array, |v| v.saturating_mul(1000)),
        DataType::Timestamp(TimeUnit::Second, _) => {
            times::<TimestampSecondType>(array, |v| v.saturating_mul(1_000_000))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            times::<TimestampMillisecondType>(array, |v| v.saturating_mul(1000))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => Values::Time(raw::<TimestampMicrosecondType>(array)),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => times::<TimestampNanosecondType>(array, |v| v.div_euclid(1000)),
        DataType::Dictionary(key, value) if kind_of(value) == Some(Kind::Text) => match key.as_ref() {
            DataType::Int8 => dictionary::<Int8Type>(array, validity)?,
            DataType::Int16 => dictionary::<Int16Type>(array, validity)?,
            DataType::Int32 => dictionary::<Int32Type>(array, validity)?,
            DataType::Int64 => dictionary::<Int64Type>(array, validity)?,
            DataType::UInt8 => dictionary::<UInt8Type>(array, validity)?,
            DataType::UInt16 => dictionary::<UInt16Type>(array, validity)?,
            DataType::UInt32 => dictionary::<UInt32Type>(array, validity)?,
            DataType::UInt64 => dictionary::<UInt64Type>(array, validity)?,
            _ => Values::Unsupported(array.data_type().to_string()),
        },
        DataType::Dictionary(..) => {
            let any = array.as_any_dictionary();
            let plain = arrow_select::take::take(any.values(), any.keys(), None)
                .map_err(|e| ReadError::new(format!("corrupt dictionary ({e})")))?;
            return values(&plain, validity);
        }
        DataType::List(_) if kind_of(array.data_type()).is_some() => {
            let list = array.as_list::<i32>();
            vectors(list.values(), list.offsets().iter().map(|o| usize::try_from(*o).unwrap_or(0)), validity)?
        }
        DataType::LargeList(_) if kind_of(array.data_type()).is_some() => {
            let list = array.as_list::<i64>();
            vectors(list.values(), list.offsets().iter().map(|o| usize::try_from(*o).unwrap_or(0)), validity)?
        }
        DataType::FixedSizeList(..) if kind_of(array.data_type()).is_some() => {
            let list = array.as_fixed_size_list();
            let length = usize::try_from(list.value_length()).unwrap_or(0);
            vectors(list.values(), (0..=list.len()).map(|row| row * length), validity)?
        }
        _ => match strings(array)? {
            Some(dictionary) => {
                let rows = i32::try_from(array.len()).map_err(|_| ReadError::new("too many rows in one batch"))?;
                Values::Text { keys: (0..rows).collect(), dictionary }
            }
            None => Values::Unsupported(array.data_type().to_string()),
        },
    })
}

/// The lists between offsets, null elements as NaN. No more is copied than the decoder has read from the file.
fn vectors(
    elements: &ArrayRef,
    ends: impl Iterator<Item = usize>,
    validity: Option<&NullBuffer>,
) -> Result<Values, ReadError> {
    let ends: Vec<usize> = ends.collect();
    let (first, last) = (ends.first().copied().unwrap_or(0), ends.last().copied().unwrap_or(0));
    if first > last || last > elements.len() {
        return Err(ReadError::new("corrupt data, a list outside of its values"));
    }
    let elements = &elements.slice(first, last - first);
    let numbers: Vec<f32> = match elements.data_type() {
        DataType::Float32 => elements.as_primitive::<Float32Type>().iter().map(|x| x.unwrap_or(f32::NAN)).collect(),
        DataType::Float64 => {
            elements.as_primitive::<Float64Type>().iter().map(|x| x.map_or(f32::NAN, |x| x as f32)).collect()
        }
        _ => elements.as_primitive::<Float16Type>().iter().map(|x| x.map_or(f32::NAN, |x| x.to_f32())).collect(),
    };
    let mut vectors = Vectors::default();
    let inside = ends.iter().map(|end| end.checked_sub(first).unwrap_or(usize::MAX));
    let mut start = 0;
    for (row, end) in inside.skip(1).enumerate() {
        let valid = validity.is_none_or(|v| row < v.len() && v.is_valid(row));
        let list =
            numbers.get(start..end).ok_or_else(|| ReadError::new("corrupt data, a list outside of its values"))?;
        vectors.push(if valid { list } else { &[] });
        start = end;
    }
    Ok(Values::Vector(vectors))
}

/// The values buffer as it is.
fn raw<T: ArrowPrimitiveType>(array: &ArrayRef) -> ScalarBuffer<T::Native> {
    array.as_primitive::<T>().values().clone()
}

fn integers<T: ArrowPrimitiveType>(array: &ArrayRef, f: impl Fn(T::Native) -> i64) -> Values {
    Values::Integer(array.as_primitive::<T>().values().iter().map(|&v| f(v)).collect())
}

fn floats<T: ArrowPrimitiveType>(array: &ArrayRef, f: impl Fn(T::Native) -> f64) -> Values {
    Values::Float(array.as_primitive::<T>().values().iter().map(|&v| f(v)).collect())
}

fn times<T: ArrowPrimitiveType>(array: &ArrayRef, f: impl Fn(T::Native) -> i64) -> Values {
    Values::Time(array.as_primitive::<T>().values().iter().map(|&v| f(v)).collect())
}

/// Decimals: dividing by the power of ten rounds once wherever the unscaled value is below 2^53.
fn scaled<V>(scale: i8, f: impl Fn(V) -> f64) -> impl Fn(V) -> f64 {
    let power = 10f64.powi(i32::from(scale).abs());
    move |v| {
        if scale >= 0 { f(v) / power } else { f(v) * power }
    }
}

fn dictionary<K: ArrowDictionaryKeyType>(array: &ArrayRef, validity: Option<&NullBuffer>) -> Result<Values, ReadError>
where
    K::Native: TryInto<i32>,
{
    let array = array.as_dictionary::<K>();
    let Some(dictionary) = strings(array.values())? else {
        return Ok(Values::Unsupported(array.data_type().to_string()));
    };
    let raw = array.keys();
    let keys: ScalarBuffer<i32> = match raw.as_any().downcast_ref::<arrow_array::Int32Array>() {
        Some(keys) => keys.values().clone(),
        None => raw.values().iter().map(|&k| k.try_into().unwrap_or(-1)).collect(),
    };
    let entries = dictionary.len();
    // The promise that valid keys are inside: cheap when all are, exact when some are not.
    let outside = |k: i32| usize::try_from(k).map_or(true, |k| k >= entries);
    if keys.iter().any(|&k| outside(k)) {
        let valid = |row: usize| validity.is_none_or(|v| row < v.len() && v.is_valid(row));
        if keys.iter().enumerate().any(|(row, &k)| outside(k) && valid(row)) {
            return Err(ReadError::new("corrupt data, a dictionary key points nowhere"));
        }
    }
    Ok(Values::Text { keys, dictionary })
}

/// Any array of strings as the common one; bytes only where they are UTF-8.
fn strings(array: &ArrayRef) -> Result<Option<StringArray>, ReadError> {
    let long = |bytes: usize| {
        if i32::try_from(bytes).is_ok() { Ok(()) } else { Err(ReadError::new("more than 2 GiB of text in one batch")) }
    };
    Ok(match array.data_type() {
        DataType::Utf8 => Some(array.as_string::<i32>().clone()),
        DataType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            let used = array.offsets().last().copied().unwrap_or(0) - array.offsets().first().copied().unwrap_or(0);
            long(usize::try_from(used).unwrap_or(usize::MAX))?;
            Some(array.iter().collect())
        }
        DataType::Utf8View => {
            let array = array.as_string_view();
            long(array.iter().flatten().map(str::len).sum())?;
            Some(array.iter().collect())
        }
        DataType::Binary => StringArray::try_from_binary(array.as_binary::<i32>().clone()).ok(),
        DataType::LargeBinary => text(array.as_binary::<i64>().iter()),
        DataType::BinaryView => text(array.as_binary_view().iter()),
        _ => None,
    })
}

fn text<'a>(cells: impl Iterator<Item = Option<&'a [u8]>>) -> Option<StringArray> {
    cells.map(|cell| cell.map(std::str::from_utf8).transpose()).collect::<Result<StringArray, _>>().ok()
}
