//! One round of Keccak-f[1600] (FIPS 202, section 3.2), for words of any width.
//!
//! A word may be one lane of 64 bits or a register of several; whoever calls brings the operations on it.

/// What iota adds in each round (FIPS 202, section 3.2.5).
pub(super) const CONSTANTS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// Runs theta, rho, pi and chi over the 25 words of `$a` (word `x + 5 * y`); iota is the caller's.
///
/// Around it must stand `xor5(a, b, c, d, e)`, `rotate::<N>(a)` (to the left), `column(a, b)` for what theta adds to
/// a column, `add(a, column)`, and `chi(a, b, c)` for `a ^ (!b & c)`.
macro_rules! round {
    ($a:ident => $e:ident) => {{
        let c = [
            xor5($a[0], $a[5], $a[10], $a[15], $a[20]),
            xor5($a[1], $a[6], $a[11], $a[16], $a[21]),
            xor5($a[2], $a[7], $a[12], $a[17], $a[22]),
            xor5($a[3], $a[8], $a[13], $a[18], $a[23]),
            xor5($a[4], $a[9], $a[14], $a[19], $a[24]),
        ];
        let d = [
            column(c[4], rotate::<1>(c[1])),
            column(c[0], rotate::<1>(c[2])),
            column(c[1], rotate::<1>(c[3])),
            column(c[2], rotate::<1>(c[4])),
            column(c[3], rotate::<1>(c[0])),
        ];
        // Row by row: the words that rho and pi bring there, and chi over them; few words are held at a time.
        let b = [
            add($a[0], d[0]),
            rotate::<44>(add($a[6], d[1])),
            rotate::<43>(add($a[12], d[2])),
            rotate::<21>(add($a[18], d[3])),
            rotate::<14>(add($a[24], d[4])),
        ];
        let row0 = row!(b);
        let b = [
            rotate::<28>(add($a[3], d[3])),
            rotate::<20>(add($a[9], d[4])),
            rotate::<3>(add($a[10], d[0])),
            rotate::<45>(add($a[16], d[1])),
            rotate::<61>(add($a[22], d[2])),
        ];
        let row1 = row!(b);
        let b = [
            rotate::<1>(add($a[1], d[1])),
            rotate::<6>(add($a[7], d[2])),
            rotate::<25>(add($a[13], d[3])),
            rotate::<8>(add($a[19], d[4])),
            rotate::<18>(add($a[20], d[0])),
        ];
        let row2 = row!(b);
        let b = [
            rotate::<27>(add($a[4], d[4])),
            rotate::<36>(add($a[5], d[0])),
            rotate::<10>(add($a[11], d[1])),
            rotate::<15>(add($a[17], d[2])),
            rotate::<56>(add($a[23], d[3])),
        ];
        let row3 = row!(b);
        let b = [
            rotate::<62>(add($a[2], d[2])),
            rotate::<55>(add($a[8], d[3])),
            rotate::<39>(add($a[14], d[4])),
            rotate::<41>(add($a[15], d[0])),
            rotate::<2>(add($a[21], d[1])),
        ];
        let row4 = row!(b);
        $e = [
            row0[0], row0[1], row0[2], row0[3], row0[4], row1[0], row1[1], row1[2], row1[3], row1[4],
            row2[0], row2[1], row2[2], row2[3], row2[4], row3[0], row3[1], row3[2], row3[3], row3[4],
            row4[0], row4[1], row4[2], row4[3], row4[4],
        ];
    }};
}
pub(super) use round;

/// Runs chi over the five words of a row.
macro_rules! row {
    ($b:ident) => {
        [
            chi($b[0], $b[1], $b[2]),
            chi($b[1], $b[2], $b[3]),
            chi($b[2], $b[3], $b[4]),
            chi($b[3], $b[4], $b[0]),
            chi($b[4], $b[0], $b[1]),
        ]
    };
}
pub(super) use row;
