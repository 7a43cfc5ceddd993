//! The image of a view of seven cells, written with AVX2: the one observation that training computes in
//! every step. It gives the bytes of [`look`](super::view::look) and
//! [`write_image`](super::partial::write_image), which the tests hold it to, in a fifth of the time.
//!
//! Columns of the grid are contiguous in memory, so a masked load takes seven cells of a grid column at
//! once. Where columns of the grid are rows of the view, the square is transposed. Sight then spreads
//! row by row through a table of the rule [`spread`].

use std::arch::x86_64::{
    __m128i, __m256i, _mm_cvtsi64_si128, _mm_storel_epi64, _mm_storeu_si128, _mm256_and_si256,
    _mm256_andnot_si256, _mm256_blend_epi32, _mm256_blendv_epi8, _mm256_castsi256_si128, _mm256_cmpeq_epi32,
    _mm256_cmpgt_epi32, _mm256_cvtepu8_epi32, _mm256_extracti128_si256, _mm256_loadu_si256,
    _mm256_maskload_epi32, _mm256_or_si256, _mm256_permute2x128_si256, _mm256_permutevar8x32_epi32,
    _mm256_set1_epi32, _mm256_setr_epi8, _mm256_setr_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_sllv_epi32, _mm256_srai_epi32, _mm256_storeu_si256, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64,
    _mm256_unpacklo_epi32, _mm256_unpacklo_epi64,
};

use super::view::OUTSIDE;
use crate::minigrid::{
    components::records::{State, WALL},
    rules::{
        encoding::rules::own_cell,
        geometry::rules::{forward_x, forward_y, shown_by_view_cell},
        settings::rules::Settings,
        visibility::rules::spread,
    },
};

/// Columns and rows of the view.
const SIZE: usize = 7;
/// The cells of a row as a bit set.
const ROW: u32 = (1 << SIZE) - 1;
/// Bytes of an image.
pub(crate) const IMAGE_LEN: usize = SIZE * SIZE * 3;

/// Writes images on a processor that has AVX2.
#[derive(Debug)]
pub(crate) struct ImageWriter {
    /// What light shows of a row and of the row beyond it: entry `clear << 7 | lit`.
    spread: Box<[u8; 1 << (2 * SIZE)]>,
}

impl ImageWriter {
    /// A writer, if it can write the images of `settings` on this processor.
    pub(crate) fn new(settings: &Settings) -> Option<Self> {
        let fits = settings.view_size as usize == SIZE && settings.width.max(settings.height) < 1 << 15;
        if !fits || !std::arch::is_x86_feature_detected!("avx2") {
            return None;
        }
        let mut table = Box::new([0; 1 << (2 * SIZE)]);
        for (entry, shown) in table.iter_mut().enumerate() {
            let (clear, lit) = (entry as u32 >> SIZE, entry as u32 & ROW);
            *shown = (spread(lit, clear) & ROW) as u8;
        }
        Some(Self { spread: table })
    }

    /// Writes the image of an environment: the bytes of the view column by column, three a cell.
    ///
    /// # Panics
    /// When there are fewer cells than the grid of `settings` has, or the image has another length.
    #[inline]
    pub(crate) fn write(&self, settings: &Settings, state: &State, cells: &[u32], image: &mut [u8]) {
        assert!(cells.len() >= (settings.width * settings.height) as usize, "cells of the grid");
        let image: &mut [u8; IMAGE_LEN] = image.try_into().expect("bytes of an image");
        // SAFETY: a writer exists only where the processor has AVX2; the grid is whole.
        unsafe { write_image(&self.spread, settings, state, cells, image) }
    }
}

/// Lanes in order, and the first seven of them reversed.
static ORDERS: [[i32; 8]; 2] = [[0, 1, 2, 3, 4, 5, 6, 7], [6, 5, 4, 3, 2, 1, 0, 7]];

/// # Safety
/// The processor has AVX2, and `cells` has all cells of the grid of `settings`.
#[target_feature(enable = "avx2")]
unsafe fn write_image(
    table: &[u8; 1 << (2 * SIZE)],
    settings: &Settings,
    state: &State,
    cells: &[u32],
    image: &mut [u8; IMAGE_LEN],
) {
    // SAFETY: the caller's promise is that of the callee.
    let mut columns = unsafe { gather(settings, state, cells) };
    let visible =
        if settings.see_through_walls == 0 { visible_rows(table, clear_rows(&columns)) } else { u64::MAX };
    // Lane j of column i is to be kept when bit i of byte j is set: moved to the sign, spread over the
    // lane.
    let visible = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(visible as i64));
    let own = _mm256_set1_epi32(own_cell(state.carrying) as i32);
    columns[SIZE / 2] = _mm256_blend_epi32::<{ 1 << (SIZE - 1) }>(columns[SIZE / 2], own);
    for (index, column) in columns.iter_mut().enumerate() {
        let sign = _mm256_sllv_epi32(visible, _mm256_set1_epi32(31 - index as i32));
        *column = _mm256_and_si256(*column, _mm256_srai_epi32::<31>(sign));
    }
    store_triples(&columns, image);
}

/// The cells of the view, lane `j` of vector `i` being cell `(i, j)`; walls outside the grid. The eighth
/// lanes are walls.
///
/// # Safety
/// The processor has AVX2, and `cells` has all cells of the grid of `settings`.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn gather(settings: &Settings, state: &State, cells: &[u32]) -> [__m256i; SIZE] {
    let (width, height) = (settings.width as i32, settings.height as i32);
    let (ahead_x, ahead_y) = (forward_x(state.dir), forward_y(state.dir));
    let corner = shown_by_view_cell(state.x, state.y, state.dir, SIZE as u32, 0, 0);
    // Line k of the gathered square is the part of grid column `corner.x + k * line_step` in view: a
    // column of the view when the agent looks up or down, else a row.
    let line_step = -(ahead_x + ahead_y);
    let is_reversed = ahead_x < ahead_y;
    let top = if is_reversed { corner.y - (SIZE as i32 - 1) } else { corner.y };
    // SAFETY: both orders are eight lanes long.
    let order = unsafe { _mm256_loadu_si256(ORDERS[usize::from(is_reversed)].as_ptr().cast()) };
    let lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    let above = _mm256_cmpgt_epi32(_mm256_set1_epi32(-top), lane);
    let below = _mm256_cmpgt_epi32(_mm256_set1_epi32((height - top).min(SIZE as i32)), lane);
    let rows_inside = _mm256_andnot_si256(above, below);
    let outside = _mm256_set1_epi32(OUTSIDE as i32);
    let mut lines = [outside; 8];
    for (k, line) in lines[..SIZE].iter_mut().enumerate() {
        let x = corner.x + line_step * k as i32;
        let is_inside = (x as u32) < width as u32;
        let mask = _mm256_and_si256(rows_inside, _mm256_set1_epi32(-i32::from(is_inside)));
        let first = cells.as_ptr().wrapping_offset((x * height + top) as isize);
        // SAFETY: only lanes inside the grid are read.
        let loaded = unsafe { _mm256_maskload_epi32(first.cast(), mask) };
        *line = _mm256_permutevar8x32_epi32(_mm256_blendv_epi8(outside, loaded, mask), order);
    }
    let transposed = transpose(&lines);
    let lines_are_columns = _mm256_set1_epi32(-i32::from(ahead_y != 0));
    std::array::from_fn(|k| _mm256_blendv_epi8(transposed[k], lines[k], lines_are_columns))
}

#[inline]
#[target_feature(enable = "avx2")]
fn transpose(lines: &[__m256i; 8]) -> [__m256i; 8] {
    let [a, b, c, d, e, f, g, h] = *lines;
    let (ab, ab_high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let (cd, cd_high) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
    let (ef, ef_high) = (_mm256_unpacklo_epi32(e, f), _mm256_unpackhi_epi32(e, f));
    let (gh, gh_high) = (_mm256_unpacklo_epi32(g, h), _mm256_unpackhi_epi32(g, h));
    let left = [
        _mm256_unpacklo_epi64(ab, cd),
        _mm256_unpackhi_epi64(ab, cd),
        _mm256_unpacklo_epi64(ab_high, cd_high),
        _mm256_unpackhi_epi64(ab_high, cd_high),
    ];
    let right = [
        _mm256_unpacklo_epi64(ef, gh),
        _mm256_unpackhi_epi64(ef, gh),
        _mm256_unpacklo_epi64(ef_high, gh_high),
        _mm256_unpackhi_epi64(ef_high, gh_high),
    ];
    std::array::from_fn(|k| {
        if k < 4 {
            _mm256_permute2x128_si256::<0x20>(left[k], right[k])
        } else {
            _mm256_permute2x128_si256::<0x31>(left[k - 4], right[k - 4])
        }
    })
}

/// The rows of the view as bit sets of the cells that do not stop the sight: the rule `blocks_sight`
/// on eight cells at once, which a test holds to the rule on every cell there is.
#[inline]
#[target_feature(enable = "avx2")]
fn clear_rows(columns: &[__m256i; SIZE]) -> [u32; 8] {
    let (kind, state) = (_mm256_set1_epi32(0xff), _mm256_set1_epi32(0xff_0000));
    let (wall, zero) = (_mm256_set1_epi32(WALL as i32), _mm256_setzero_si256());
    let mut rows = zero;
    for (index, column) in columns.iter().enumerate() {
        let is_wall = _mm256_cmpeq_epi32(_mm256_and_si256(*column, kind), wall);
        let is_stateless = _mm256_cmpeq_epi32(_mm256_and_si256(*column, state), zero);
        let clear = _mm256_andnot_si256(is_wall, is_stateless);
        rows = _mm256_or_si256(rows, _mm256_and_si256(clear, _mm256_set1_epi32(1 << index)));
    }
    let mut words = [0; 8];
    // SAFETY: the array has the size of the vector.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), rows) };
    words
}

/// The visible cells: byte `j` is row `j` of the view.
#[inline]
fn visible_rows(table: &[u8; 1 << (2 * SIZE)], clear: [u32; 8]) -> u64 {
    let mut lit = 1 << (SIZE / 2);
    let mut visible = 0;
    for row in (0..SIZE).rev() {
        let shown = u32::from(table[((clear[row] & ROW) << SIZE | lit) as usize]) & ROW;
        visible |= u64::from(lit | shown) << (8 * row);
        lit = shown;
    }
    visible
}

/// Stores the three low bytes of the first seven lanes of each column.
#[inline]
#[target_feature(enable = "avx2")]
fn store_triples(columns: &[__m256i; SIZE], image: &mut [u8; IMAGE_LEN]) {
    const COLUMN: usize = SIZE * 3;
    #[rustfmt::skip]
    let squeeze = _mm256_setr_epi8(
        0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,
        0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,
    );
    let join = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
    for (index, column) in columns.iter().enumerate() {
        let bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(*column, squeeze), join);
        let at = index * COLUMN;
        if index < SIZE - 1 {
            // SAFETY: 32 bytes from here are within the image, the last eleven to be overwritten by
            // the next column.
            unsafe { _mm256_storeu_si256(image.as_mut_ptr().add(at).cast::<__m256i>(), bytes) };
        } else {
            let mut tail = [0; 8];
            // SAFETY: 16 bytes of the last 21 are within the image; the rest goes to an array of 8.
            unsafe {
                let start = image.as_mut_ptr().add(at).cast::<__m128i>();
                _mm_storeu_si128(start, _mm256_castsi256_si128(bytes));
                _mm_storel_epi64(tail.as_mut_ptr().cast(), _mm256_extracti128_si256::<1>(bytes));
            }
            image[at + 16..].copy_from_slice(&tail[..COLUMN - 16]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::minigrid::{
        components::records::*,
        observations::{partial::write_image, view::look},
    };

    fn settings(width: u32, height: u32, see_through_walls: u32) -> Settings {
        Settings { width, height, view_size: 7, see_through_walls, ..bytemuck::Zeroable::zeroed() }
    }

    /// Every cell that can be.
    fn cells_there_are() -> Vec<u32> {
        let kinds = (EMPTY..=LAVA).flat_map(|kind| (0..6).map(move |color| cell(kind, color, 0)));
        let doors = (0..6).flat_map(|color| (0..3).map(move |state| cell(DOOR, color, state)));
        let boxes = (0..6).map(|color| box_with(GREY, cell(KEY, color, 0)));
        kinds.chain(doors).chain(boxes).collect()
    }

    fn assert_equals_look(settings: &Settings, state: &State, cells: &[u32]) {
        let Some(writer) = ImageWriter::new(settings) else { return };
        let mut view = [0; 49];
        look(settings, state, cells, &mut view);
        let (mut expected, mut image) = ([1; IMAGE_LEN], [2; IMAGE_LEN]);
        write_image(&view, &mut expected);
        writer.write(settings, state, cells, &mut image);
        assert_eq!(image, expected, "{state:?} in {settings:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]
        #[test]
        fn images_are_those_of_the_plain_way(
            (width, height) in (3u32..26, 3u32..26),
            (x, y, dir) in (0u32..26, 0u32..26, 0u32..4),
            see_through_walls in 0u32..2,
            carrying in prop::sample::select(vec![0, cell(KEY, BLUE, 0), box_with(RED, cell(BALL, GREY, 0))]),
            openness in 0u32..4,
            numbers in prop::collection::vec(any::<u32>(), 25 * 25),
        ) {
            let there_are = cells_there_are();
            let cells: Vec<u32> = numbers[..(width * height) as usize]
                .iter()
                .map(|number| match number % 4 < openness {
                    true => EMPTY,
                    false => there_are[(number / 4) as usize % there_are.len()],
                })
                .collect();
            let state = State { x: x % width, y: y % height, dir, carrying, ..bytemuck::Zeroable::zeroed() };
            assert_equals_look(&settings(width, height, see_through_walls), &state, &cells);
        }
    }

    #[test]
    fn every_cell_stops_or_passes_the_sight_as_the_rule_says() {
        for front in cells_there_are() {
            let mut cells = vec![EMPTY; 81];
            cells[4 * 9 + 5] = front;
            let state = State { x: 4, y: 6, dir: 3, ..bytemuck::Zeroable::zeroed() };
            assert_equals_look(&settings(9, 9, 0), &state, &cells);
        }
    }
}
