//! A seeded generator of random numbers, and the distributions that the scenarios draw from.
//!
//! xoshiro256++ (Blackman and Vigna, 2021), seeded through SplitMix64 (Steele, Lea and Flood, 2014), as its authors
//! advise. The product carries its own so that a seed means the same stream for ever, whatever version of whatever
//! library it is built with. Uniform numbers are exact everywhere; the other distributions go through the platform's
//! `ln` and `exp`, whose last bit may differ between platforms.
//!
//! Parameters out of range never panic: each method says what it takes instead.

/// A source of random numbers.
///
/// ```
/// use dosimeter_core::simulate::Rng;
/// let mut a = Rng::new(7);
/// let mut b = Rng::new(7);
/// assert_eq!(a.uniform(), b.uniform());
/// ```
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
}

/// The step of SplitMix64: advances `state` and returns its mix.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Rng {
    /// The generator of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Rng {
        let mut s = seed;
        Rng { state: std::array::from_fn(|_| split_mix(&mut s)) }
    }

    /// An independent generator for item `index` of stream `seed`, so that what one row draws never moves the next.
    #[must_use]
    pub fn of(seed: u64, index: u64) -> Rng {
        let mut s = seed;
        let mut t = split_mix(&mut s) ^ index;
        Rng::new(split_mix(&mut t))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform on [0, 1), in steps of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform on (0, 1], fit for a logarithm.
    fn positive(&mut self) -> f64 {
        1.0 - self.uniform()
    }

    /// `true` with probability `p`; never for NaN.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Normal with mean 0 and standard deviation 1, by Marsaglia's polar method (1964).
    pub fn standard_normal(&mut self) -> f64 {
        loop {
            let u = 2.0 * self.uniform() - 1.0;
            let v = 2.0 * self.uniform() - 1.0;
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return u * (-2.0 * s.ln() / s).sqrt();
            }
        }
    }

    /// Normal.
    pub fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        mean + sd * self.standard_normal()
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -self.positive().ln()
    }

    /// Gamma with mean `shape * scale`, by Marsaglia and Tsang (2000); 0 where `shape` is not positive and finite.
    pub fn gamma(&mut self, shape: f64, scale: f64) -> f64 {
        if !(shape > 0.0 && shape.is_finite()) {
            return 0.0;
        }
        if shape < 1.0 {
            // Gamma(a) = Gamma(a + 1) * U^(1 / a).
            let boost = self.positive().powf(1.0 / shape);
            return boost * self.gamma(shape + 1.0, scale);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.standard_normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.positive().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v * scale;
            }
        }
    }

    /// Poisson, by Knuth's product of uniforms in pieces of mean 16 (a sum of Poissons is one); 0 where `mean` is not
    /// positive, and at most `mean` = 2^20 is taken.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        let mut left = if mean > 0.0 { mean.min(1_048_576.0) } else { 0.0 };
        let mut count = 0;
        while left > 0.0 {
            let limit = (-left.min(16.0)).exp();
            let mut product = self.positive();
            while product > limit {
                count += 1;
                product *= self.positive();
            }
            left -= 16.0;
        }
        count
    }

    /// Failures before the first success of probability `p`, by inversion; 0 where `p` is not in (0, 1).
    pub fn geometric(&mut self, p: f64) -> u64 {
        if !(p > 0.0 && p < 1.0) {
            return 0;
        }
        (self.positive().ln() / (-p).ln_1p()).floor() as u64
    }

    /// An index drawn by weight; weights need not add up to 1, and those not positive are never drawn. 0 where there
    /// is none to draw.
    pub fn categorical(&mut self, weights: &[f64]) -> usize {
        let positive = |w: &f64| if *w > 0.0 { *w } else { 0.0 };
        let total: f64 = weights.iter().map(positive).sum();
        let mut left = self.uniform() * total;
        let mut last = 0;
        for (index, weight) in weights.iter().map(positive).enumerate() {
            if weight > 0.0 {
                last = index;
                if left < weight {
                    return index;
                }
                left -= weight;
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: usize = 400_000;

    /// Mean and variance of `N` draws against the known ones, within 5 standard errors; `kurtosis` is not excess.
    fn moments(mean: f64, variance: f64, kurtosis: f64, mut draw: impl FnMut(&mut Rng) -> f64) {
        let mut rng = Rng::new(20_160_104);
        let xs: Vec<f64> = (0..N).map(|_| draw(&mut rng)).collect();
        let n = N as f64;
        let m = xs.iter().sum::<f64>() / n;
        let v = xs.iter().map(|x| (x - m).powi(2)).sum::<f64>() / n;
        assert!((m - mean).abs() < 5.0 * (variance / n).sqrt(), "mean {m}, expected {mean}");
        let error = variance * ((kurtosis - 1.0) / n).sqrt();
        assert!((v - variance).abs() < 5.0 * error, "variance {v}, expected {variance}");
    }

    #[test]
    fn split_mix_matches_the_published_sequence() {
        // The reference implementation's first outputs for the seed 1234567.
        let mut s = 1_234_567;
        assert_eq!(split_mix(&mut s), 6_457_827_717_110_365_317);
        assert_eq!(split_mix(&mut s), 3_203_168_211_198_807_973);
        assert_eq!(split_mix(&mut s), 9_817_491_932_198_370_423);
    }

    #[test]
    fn xoshiro_matches_the_published_sequence() {
        // The reference implementation's first outputs for the state 1, 2, 3, 4.
        let mut rng = Rng { state: [1, 2, 3, 4] };
        let expected =
            [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386, 9_228_616_714_210_784_205];
        assert_eq!(expected.map(|_| rng.bits()), expected);
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        moments(0.5, 1.0 / 12.0, 1.8, Rng::uniform);
        moments(0.0, 1.0, 3.0, Rng::standard_normal);
        moments(3.0, 4.0, 3.0, |r| r.normal(3.0, 2.0));
        moments(1.0, 1.0, 9.0, Rng::exponential);
        // Gamma: mean ks, variance ks^2, kurtosis 3 + 6 / k.
        for (shape, scale) in [(0.3, 2.0), (1.0, 1.0), (2.0, 18.0), (50.0, 0.1)] {
            moments(shape * scale, shape * scale * scale, 3.0 + 6.0 / shape, |r| r.gamma(shape, scale));
        }
        for mean in [0.01, 1.6, 16.0, 45.5] {
            moments(mean, mean, 3.0 + 1.0 / mean, |r| r.poisson(mean) as f64);
        }
        // Geometric from 0: mean q / p, variance q / p^2, kurtosis 9 + p^2 / q.
        for p in [0.05_f64, 0.4, 0.9] {
            let q = 1.0 - p;
            moments(q / p, q / (p * p), 9.0 + p * p / q, |r| r.geometric(p) as f64);
        }
        moments(0.25, 0.1875, 7.0 / 3.0, |r| f64::from(u8::from(r.chance(0.25))));
    }

    #[test]
    fn categories_come_by_weight() {
        let weights = [2.0, 0.0, 1.0, f64::NAN, -3.0, 5.0];
        let mut rng = Rng::new(1);
        let mut counts = [0_u32; 6];
        for _ in 0..N {
            counts[rng.categorical(&weights)] += 1;
        }
        assert_eq!([counts[1], counts[3], counts[4]], [0, 0, 0]);
        for (index, p) in [(0, 0.25), (2, 0.125), (5, 0.625)] {
            let error = (p * (1.0 - p) / N as f64).sqrt();
            assert!((f64::from(counts[index]) / N as f64 - p).abs() < 5.0 * error);
        }
    }

    #[test]
    fn parameters_out_of_range_do_no_harm() {
        let mut rng = Rng::new(0);
        for bad in [f64::NAN, -1.0, 0.0] {
            assert_eq!(rng.gamma(bad, 1.0), 0.0);
            assert_eq!(rng.poisson(bad), 0);
            assert_eq!(rng.geometric(bad), 0);
            assert!(!rng.chance(bad));
        }
        assert_eq!(rng.geometric(1.0), 0);
        assert_eq!(rng.categorical(&[]), 0);
        assert_eq!(rng.categorical(&[0.0, f64::NAN]), 0);
        assert!(rng.poisson(f64::INFINITY) > 1_000_000);
    }

    #[test]
    fn rows_are_independent_of_each_other() {
        let first: Vec<u64> = (0..1000).map(|i| Rng::of(9, i).bits()).collect();
        let mut unique = first.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), first.len());
        // Neighbouring rows do not resemble each other.
        let u: Vec<f64> = (0..N as u64).map(|i| Rng::of(9, i).uniform() - 0.5).collect();
        let lagged = u.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / N as f64;
        assert!(lagged.abs() < 5.0 / 12.0 / (N as f64).sqrt());
    }
}
