//! Typed, contiguous buffers that a batch owns and hands out by reference.

use crate::spec::ObservationSpec;

/// Element type of an [`Array`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum ElementType {
    /// Unsigned bytes.
    U8,
    /// 32-bit signed integers.
    I32,
    /// 32-bit floats.
    F32,
}

impl ElementType {
    /// Size of one element in bytes.
    pub const fn size(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::I32 | Self::F32 => 4,
        }
    }
}

impl std::fmt::Display for ElementType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::U8 => "u8",
            Self::I32 => "i32",
            Self::F32 => "f32",
        })
    }
}

/// A contiguous buffer in row-major (C) order. The first axis is the environment.
#[derive(Clone, Debug, PartialEq)]
pub enum Array {
    /// Bytes.
    U8(Vec<u8>),
    /// 32-bit signed integers.
    I32(Vec<i32>),
    /// 32-bit floats.
    F32(Vec<f32>),
}

impl Array {
    /// A buffer of `len` zeros.
    pub fn zeros(element: ElementType, len: usize) -> Self {
        match element {
            ElementType::U8 => Self::U8(vec![0; len]),
            ElementType::I32 => Self::I32(vec![0; len]),
            ElementType::F32 => Self::F32(vec![0.0; len]),
        }
    }

    /// The element type.
    pub fn element(&self) -> ElementType {
        match self {
            Self::U8(_) => ElementType::U8,
            Self::I32(_) => ElementType::I32,
            Self::F32(_) => ElementType::F32,
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(v) => v.len(),
            Self::I32(v) => v.len(),
            Self::F32(v) => v.len(),
        }
    }

    /// Element `index` as a number, whatever its type; exact.
    ///
    /// # Panics
    /// When `index >= len`.
    pub fn value(&self, index: usize) -> f64 {
        match self {
            Self::U8(v) => v[index].into(),
            Self::I32(v) => v[index].into(),
            Self::F32(v) => v[index].into(),
        }
    }

    /// Whether the buffer has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements as bytes, if they are `u8`.
    pub fn as_u8(&self) -> Option<&[u8]> {
        match self {
            Self::U8(v) => Some(v),
            _ => None,
        }
    }

    /// The elements as `i32`, if they are.
    pub fn as_i32(&self) -> Option<&[i32]> {
        match self {
            Self::I32(v) => Some(v),
            _ => None,
        }
    }

    /// The elements as `f32`, if they are.
    pub fn as_f32(&self) -> Option<&[f32]> {
        match self {
            Self::F32(v) => Some(v),
            _ => None,
        }
    }

    /// The memory of the buffer, native byte order.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::U8(v) => v,
            Self::I32(v) => bytemuck::cast_slice(v),
            Self::F32(v) => bytemuck::cast_slice(v),
        }
    }

    /// The memory of the buffer, writable, native byte order.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::U8(v) => v,
            Self::I32(v) => bytemuck::cast_slice_mut(v),
            Self::F32(v) => bytemuck::cast_slice_mut(v),
        }
    }
}

/// One named observation of the whole batch.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservationField {
    /// Name, group and space of one environment's part.
    pub spec: ObservationSpec,
    /// All environments, shaped `[num_envs, (num_agents,) ...space shape]`; the agents axis is there
    /// only when the environment has more than one.
    pub array: Array,
}

/// The selected observations of a batch, in the order in which they were selected.
///
/// ```
/// # use pentathlon_gym::Observation;
/// # let observation = Observation::default();
/// if let Some(image) = observation.get("image") {
///     println!("{} bytes", image.len());
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// The fields, in selection order.
    pub fields: Vec<ObservationField>,
}

impl Observation {
    /// Zeroed buffers for `rows` environment-agents of each of `specs`.
    pub fn zeros(specs: &[ObservationSpec], rows: usize) -> Self {
        let fields = specs
            .iter()
            .map(|spec| ObservationField {
                array: Array::zeros(spec.space.element(), rows * spec.space.flat_len()),
                spec: spec.clone(),
            })
            .collect();
        Self { fields }
    }

    /// Copies the rows of `envs` from `source`, which has the same fields; a row is what all agents of
    /// one environment see.
    ///
    /// # Panics
    /// When the fields differ in number or size, or an index is not below `num_envs`.
    pub fn copy_rows(
        &mut self,
        source: &Observation,
        num_envs: usize,
        envs: impl Iterator<Item = usize> + Clone,
    ) {
        assert_eq!(self.fields.len(), source.fields.len());
        for (target, source) in self.fields.iter_mut().zip(&source.fields) {
            let (target, source) = (target.array.bytes_mut(), source.array.bytes());
            assert_eq!(target.len(), source.len());
            let row = source.len() / num_envs;
            for env in envs.clone() {
                let range = env * row..(env + 1) * row;
                target[range.clone()].copy_from_slice(&source[range]);
            }
        }
    }

    /// The buffer of the observation called `name`, if it was selected at build.
    pub fn get(&self, name: &str) -> Option<&Array> {
        self.fields.iter().find(|field| field.spec.name == name).map(|field| &field.array)
    }
}

impl std::ops::Index<&str> for Observation {
    type Output = Array;

    /// # Panics
    /// When no observation of that name was selected at build; [`Observation::get`] does not panic.
    fn index(&self, name: &str) -> &Array {
        self.get(name).unwrap_or_else(|| {
            let names: Vec<_> = self.fields.iter().map(|field| field.spec.name.as_str()).collect();
            panic!("no observation '{name}' was selected; this batch has {names:?}")
        })
    }
}
