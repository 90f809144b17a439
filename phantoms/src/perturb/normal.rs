//! The quantile function of the standard normal distribution, the same bits on every machine.

/// Φ⁻¹(u) for u between 0 and 1: algorithm AS 241 (M. J. Wichura, Appl. Statist. 37, 1988, 477–484, PPND16), accurate to
/// about 1 part in 10¹⁶. Additions, multiplications, divisions and square roots are fixed by IEEE 754; the logarithm in the
/// tails, |u − ½| > 0.425, is that of the `libm` crate and not of the machine.
pub(super) fn normal_quantile(u: f64) -> f64 {
    let q = u - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * ratio(&CENTRE, r);
    }
    let r = libm::sqrt(-libm::log(if q < 0.0 { u } else { 1.0 - u }));
    let magnitude = if r <= 5.0 {
        ratio(&TAIL, r - 1.6)
    } else {
        ratio(&FAR_TAIL, r - 5.0)
    };
    magnitude.copysign(q)
}

/// A quotient of polynomials, by Horner's rule.
fn ratio([numerator, denominator]: &[[f64; 8]; 2], r: f64) -> f64 {
    let polynomial = |coefficients: &[f64; 8]| {
        coefficients
            .iter()
            .rev()
            .fold(0.0, |value, coefficient| value * r + coefficient)
    };
    polynomial(numerator) / polynomial(denominator)
}

/// Coefficients from the constant one on.
#[expect(clippy::excessive_precision, reason = "the digits of the paper")]
const CENTRE: [[f64; 8]; 2] = [
    [
        3.387_132_872_796_366_608_0,
        1.331_416_678_917_843_774_5e2,
        1.971_590_950_306_551_442_7e3,
        1.373_169_376_550_946_112_5e4,
        4.592_195_393_154_987_145_7e4,
        6.726_577_092_700_870_085_3e4,
        3.343_057_558_358_812_810_5e4,
        2.509_080_928_730_122_672_7e3,
    ],
    [
        1.0,
        4.231_333_070_160_091_125_2e1,
        6.871_870_074_920_579_083_0e2,
        5.394_196_021_424_751_107_7e3,
        2.121_379_430_158_659_586_7e4,
        3.930_789_580_009_271_061_0e4,
        2.872_908_573_572_194_267_4e4,
        5.226_495_278_852_854_561_0e3,
    ],
];

#[expect(clippy::excessive_precision, reason = "the digits of the paper")]
const TAIL: [[f64; 8]; 2] = [
    [
        1.423_437_110_749_683_577_34,
        4.630_337_846_156_545_295_90,
        5.769_497_221_460_691_405_50,
        3.647_848_324_763_204_605_04,
        1.270_458_252_452_368_382_58,
        2.417_807_251_774_506_117_70e-1,
        2.272_384_498_926_918_458_33e-2,
        7.745_450_142_783_414_076_40e-4,
    ],
    [
        1.0,
        2.053_191_626_637_758_821_87,
        1.676_384_830_183_803_849_40,
        6.897_673_349_851_000_045_50e-1,
        1.481_039_764_274_800_745_90e-1,
        1.519_866_656_361_645_719_66e-2,
        5.475_938_084_995_344_946_00e-4,
        1.050_750_071_644_416_843_24e-9,
    ],
];

#[expect(clippy::excessive_precision, reason = "the digits of the paper")]
const FAR_TAIL: [[f64; 8]; 2] = [
    [
        6.657_904_643_501_103_777_20,
        5.463_784_911_164_114_369_90,
        1.784_826_539_917_291_335_80,
        2.965_605_718_285_048_912_30e-1,
        2.653_218_952_657_612_309_30e-2,
        1.242_660_947_388_078_438_60e-3,
        2.711_555_568_743_487_578_15e-5,
        2.010_334_399_292_288_132_65e-7,
    ],
    [
        1.0,
        5.998_322_065_558_879_376_90e-1,
        1.369_298_809_227_358_053_10e-1,
        1.487_536_129_085_061_485_25e-2,
        7.868_691_311_456_132_591_00e-4,
        1.846_318_317_510_054_681_80e-5,
        1.421_511_758_316_445_888_70e-7,
        2.044_263_103_389_939_785_64e-15,
    ],
];

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    /// Quantiles as tables have them (and the paper's own three test values).
    #[test]
    fn known_quantiles() {
        for (u, quantile) in [
            (0.5, 0.0),
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_813),
            (1e-20, -9.262_340_089_798_408),
            (0.975, 1.959_963_984_540_054),
        ] {
            assert_relative_eq!(normal_quantile(u), quantile, max_relative = 1e-14);
        }
    }

    #[test]
    fn is_odd_and_increasing() {
        let mut last = f64::NEG_INFINITY;
        for step in 1..4000 {
            let u = f64::from(step) / 4000.0;
            let z = normal_quantile(u);
            assert!(z > last, "increasing at {u}");
            assert_relative_eq!(z, -normal_quantile(1.0 - u), max_relative = 1e-10);
            last = z;
        }
    }
}
