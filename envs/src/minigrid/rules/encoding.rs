//! How a cell is written into an observation: Farama's three bytes, the one-hot bits, the symbolic
//! number, and how three-byte cells are packed into words.

/// Encodings, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use crate::minigrid::components::records::*;

    /// Bits of one cell in the one-hot encoding: 11 types, 6 colours, 3 states.
    pub const ONE_HOT_BITS: u32 = 20u32;

    /// Four cells of three bytes each, packed into three words.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct PackedCells {
        /// The first cell, and the first byte of the second.
        pub first: u32,
        /// Two bytes of the second cell, two of the third.
        pub second: u32,
        /// The last byte of the third cell, and the fourth.
        pub third: u32,
    }

    /// The three bytes type, colour, state of a cell as the low bytes of a word.
    pub fn triple(cell: u32) -> u32 {
        cell & 0xffffffu32
    }

    /// Packs four [`triple`]s.
    pub fn pack_triples(a: u32, b: u32, c: u32, d: u32) -> PackedCells {
        PackedCells {
            first: a | (b << 24u32),
            second: (b >> 8u32) | (c << 16u32),
            third: (c >> 16u32) | (d << 8u32),
        }
    }

    /// A cell as a bit set: bit `type`, bit `11 + colour`, bit `17 + state`.
    pub fn one_hot_bits(cell: u32) -> u32 {
        (1u32 << kind_of(cell)) | (2048u32 << color_of(cell)) | (131072u32 << state_of(cell))
    }

    /// Four bits from `bits` as the four bytes of a word, the lowest first.
    pub fn four_bytes(bits: u32) -> u32 {
        (bits & 1u32) | ((bits & 2u32) << 7u32) | ((bits & 4u32) << 14u32) | ((bits & 8u32) << 21u32)
    }

    /// The cell with the agent on it, as the fully observable encoding shows it.
    pub fn agent_cell(direction: u32) -> u32 {
        cell(AGENT, RED, direction)
    }

    /// The number of a cell in the symbolic observation: its type, -1 when it is empty.
    pub fn symbol(cell: u32) -> i32 {
        let kind = kind_of(cell);
        select(i32(kind), -1i32, kind == EMPTY)
    }

    /// What the agent's own cell of the view shows: what it carries.
    pub fn own_cell(carrying: u32) -> u32 {
        select(carrying, EMPTY, carrying == 0u32)
    }
}

#[cfg(test)]
mod tests {
    use super::rules::*;
    use crate::minigrid::components::records::*;

    #[test]
    fn four_cells_are_twelve_bytes() {
        let cells = [cell(DOOR, YELLOW, LOCKED), EMPTY, 0, box_with(GREY, cell(KEY, RED, 0))];
        let [a, b, c, d] = cells.map(triple);
        let packed = pack_triples(a, b, c, d);
        let words = [packed.first, packed.second, packed.third];
        let bytes: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
        assert_eq!(bytes, [4, 4, 2, 1, 0, 0, 0, 0, 0, 7, 5, 0]);
    }

    #[test]
    fn one_hot_has_a_bit_for_type_colour_and_state() {
        assert_eq!(one_hot_bits(cell(DOOR, YELLOW, LOCKED)), 1 << 4 | 1 << (11 + 4) | 1 << (17 + 2));
        assert_eq!(one_hot_bits(0), 1 | 1 << 11 | 1 << 17);
        assert_eq!(four_bytes(0b1011).to_le_bytes(), [1, 1, 0, 1]);
    }

    #[test]
    fn empty_cells_have_the_symbol_minus_one() {
        assert_eq!(symbol(EMPTY), -1);
        assert_eq!(symbol(cell(LAVA, RED, 0)), 9);
    }
}
