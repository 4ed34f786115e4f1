//! The conversions that people make, the simplest first: powers of ten, time, factors of a trade, temperature, and bytes.
//!
//! The order is a judgement: where the data cannot tell two conversions apart, the earlier is named.

/// A conversion: current = scale x reference + offset.
pub(super) struct Unit {
    pub(super) scale: f64,
    pub(super) offset: f64,
    /// The factor in words, as `× 1,000`; empty where there is more to it than a factor.
    factor: &'static str,
    /// What it converts, as `from hours to days`.
    from: &'static str,
    /// Credible by itself; otherwise only for values of one sign, since a symmetric column may just widen.
    pub(super) strong: bool,
}

const fn unit(scale: f64, offset: f64, factor: &'static str, from: &'static str, strong: bool) -> Unit {
    Unit { scale, offset, factor, from, strong }
}

impl Unit {
    /// The conversion in words.
    pub(super) fn title(&self) -> String {
        self.title_with(self.factor)
    }

    /// The conversion in words, with its factor as somebody rounded it.
    pub(super) fn title_with(&self, factor: &str) -> String {
        match (factor, self.from) {
            ("", from) => from.to_owned(),
            (factor, "") => factor.to_owned(),
            (factor, from) => format!("{factor}, as {from}"),
        }
    }

    /// The factor as people round it: 2.2 for 2.2046. None for whole factors, powers of ten and the like.
    pub(super) fn rounded(&self) -> impl Iterator<Item = f64> + use<> {
        let scale = self.scale;
        let irrational = self.offset == 0.0 && scale > 0.0 && self.from.len() > 1;
        [5, 4, 3, 2, 1, 0]
            .into_iter()
            .filter(move |_| irrational)
            .map(move |decimals| {
                let unit = 10f64.powi(scale.abs().log10().floor() as i32 - decimals);
                (scale / unit).round() * unit
            })
            .filter(move |rounded| {
                let off = (rounded / scale - 1.0).abs();
                off > 1e-9 && off < 0.012
            })
    }
}

/// Factors that only whole numbers of things have: bytes.
pub(super) fn is_binary(scale: f64) -> bool {
    let up = if scale < 1.0 { 1.0 / scale } else { scale };
    up == 1024.0 || up == 1_048_576.0
}

pub(super) const UNITS: &[Unit] = &[
    unit(10.0, 0.0, "× 10", "", true),
    unit(0.1, 0.0, "× 1/10", "", true),
    unit(100.0, 0.0, "× 100", "from a fraction to per cent or from euros to cents", true),
    unit(0.01, 0.0, "× 1/100", "from per cent to a fraction or from cents to euros", true),
    unit(1e3, 0.0, "× 1,000", "from kilo to plain or from seconds to milliseconds", true),
    unit(1e-3, 0.0, "× 1/1,000", "from plain to kilo or from milliseconds to seconds", true),
    unit(1e4, 0.0, "× 10,000", "", true),
    unit(1e-4, 0.0, "× 1/10,000", "", true),
    unit(1e6, 0.0, "× 1,000,000", "", true),
    unit(1e-6, 0.0, "× 1/1,000,000", "", true),
    unit(1e9, 0.0, "× 1,000,000,000", "", true),
    unit(1e-9, 0.0, "× 1/1,000,000,000", "", true),
    unit(60.0, 0.0, "× 60", "from minutes to seconds or hours to minutes", true),
    unit(1.0 / 60.0, 0.0, "× 1/60", "from seconds to minutes or minutes to hours", true),
    unit(24.0, 0.0, "× 24", "from days to hours", true),
    unit(1.0 / 24.0, 0.0, "× 1/24", "from hours to days", true),
    unit(3600.0, 0.0, "× 3,600", "from hours to seconds", true),
    unit(1.0 / 3600.0, 0.0, "× 1/3,600", "from seconds to hours", true),
    unit(1440.0, 0.0, "× 1,440", "from days to minutes", true),
    unit(1.0 / 1440.0, 0.0, "× 1/1,440", "from minutes to days", true),
    unit(86_400.0, 0.0, "× 86,400", "from days to seconds", true),
    unit(1.0 / 86_400.0, 0.0, "× 1/86,400", "from seconds to days", true),
    unit(7.0, 0.0, "× 7", "from weeks to days", true),
    unit(1.0 / 7.0, 0.0, "× 1/7", "from days to weeks", true),
    unit(12.0, 0.0, "× 12", "from years to months or feet to inches", true),
    unit(1.0 / 12.0, 0.0, "× 1/12", "from months to years or inches to feet", true),
    unit(365.0, 0.0, "× 365", "from years to days", true),
    unit(1.0 / 365.0, 0.0, "× 1/365", "from days to years", true),
    unit(30.0, 0.0, "× 30", "from months to days", true),
    unit(1.0 / 30.0, 0.0, "× 1/30", "from days to months", true),
    unit(-1.0, 0.0, "sign flipped", "", true),
    unit(2.54, 0.0, "× 2.54", "from inches to centimetres", false),
    unit(1.0 / 2.54, 0.0, "× 0.394", "from centimetres to inches", false),
    unit(0.3048, 0.0, "× 0.3048", "from feet to metres", false),
    unit(1.0 / 0.3048, 0.0, "× 3.28", "from metres to feet", false),
    unit(1.609_344, 0.0, "× 1.609", "from miles to kilometres", false),
    unit(1.0 / 1.609_344, 0.0, "× 0.621", "from kilometres to miles", false),
    unit(2.204_622_6, 0.0, "× 2.205", "from kilograms to pounds", false),
    unit(0.453_592_37, 0.0, "× 0.454", "from pounds to kilograms", false),
    unit(28.349_523, 0.0, "× 28.35", "from ounces to grams", true),
    unit(1.0 / 28.349_523, 0.0, "× 1/28.35", "from grams to ounces", true),
    unit(3.785_411_8, 0.0, "× 3.785", "from US gallons to litres", false),
    unit(1.0 / 3.785_411_8, 0.0, "× 0.264", "from litres to US gallons", false),
    unit(4.184, 0.0, "× 4.184", "from kilocalories to kilojoules", false),
    unit(1.0 / 4.184, 0.0, "× 0.239", "from kilojoules to kilocalories", false),
    unit(3.6, 0.0, "× 3.6", "from m/s to km/h", false),
    unit(1.0 / 3.6, 0.0, "× 1/3.6", "from km/h to m/s", false),
    unit(16.018_463, 0.0, "× 16.02", "from pounds per cubic foot to kg/m3", true),
    unit(6.894_757_3, 0.0, "× 6.895", "from psi to kilopascal", true),
    unit(0.145_037_74, 0.0, "× 0.145", "from kilopascal to psi", true),
    unit(10.763_91, 0.0, "× 10.76", "from square metres to square feet", true),
    unit(1.0 / 10.763_91, 0.0, "× 0.0929", "from square feet to square metres", true),
    unit(57.295_779_5, 0.0, "× 57.3", "from radians to degrees", true),
    unit(0.017_453_292_5, 0.0, "× 0.01745", "from degrees to radians", true),
    unit(1.8, 32.0, "", "from Celsius to Fahrenheit", true),
    unit(1.0 / 1.8, -32.0 / 1.8, "", "from Fahrenheit to Celsius", true),
    unit(1.0, 273.15, "", "from Celsius to kelvin", true),
    unit(1.0, -273.15, "", "from kelvin to Celsius", true),
    unit(1024.0, 0.0, "× 1,024", "from kibibytes to bytes", true),
    unit(1.0 / 1024.0, 0.0, "× 1/1,024", "from bytes to kibibytes", true),
    unit(1_048_576.0, 0.0, "× 1,048,576", "from mebibytes to bytes", true),
    unit(1.0 / 1_048_576.0, 0.0, "× 1/1,048,576", "from bytes to mebibytes", true),
];
