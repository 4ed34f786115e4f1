use super::worlds::{Drawn, KINDS, Kind, World};
use super::*;

fn run(drawn: &Drawn, options: &Options) -> Result<Parts, DecomposeError> {
    let reference = Sample { inputs: &drawn.reference, loss: &drawn.reference_loss };
    decompose(reference, Sample { inputs: &drawn.current, loss: &drawn.current_loss }, options)
}

fn three(parts: &Parts) -> [Part; 3] {
    [parts.inputs_common, parts.inputs_unseen, parts.concept]
}

/// Two worlds of a kind with 5000 rows a period: every part within `bound`, and they add up.
fn recovers(kind: Kind, bound: f64) -> Result<(), DecomposeError> {
    for seed in 0..2 {
        let world = World::new(kind, seed);
        let truth = world.truth(20.0, 100_000);
        let parts = run(&world.draw(5000, seed + 50), &Options::new(seed))?;
        for (part, truth) in three(&parts).into_iter().zip(truth) {
            assert!((part.value - truth).abs() <= bound, "{kind:?} {seed}: {parts:#?} is not {truth:?}");
        }
        let sum: f64 = three(&parts).iter().map(|p| p.value).sum();
        assert!((sum + parts.unexplained - parts.total.value).abs() < 1e-12);
        assert!(parts.unexplained.abs() < 1e-12 && parts.identified, "{parts:?}");
    }
    Ok(())
}

#[test]
fn nothing_happened() -> Result<(), DecomposeError> {
    recovers(Kind::Null, 0.02)
}

#[test]
fn harmless_shift() -> Result<(), DecomposeError> {
    recovers(Kind::Harmless, 0.02)
}

#[test]
fn covariate_shift_that_hurts() -> Result<(), DecomposeError> {
    recovers(Kind::Harmful, 0.025)
}

#[test]
fn concept_shift() -> Result<(), DecomposeError> {
    recovers(Kind::Concept, 0.02)
}

#[test]
fn both_at_once() -> Result<(), DecomposeError> {
    recovers(Kind::Both, 0.03)
}

#[test]
fn inputs_go_where_there_was_nothing() -> Result<(), DecomposeError> {
    recovers(Kind::Unseen, 0.02)
}

#[test]
fn concept_shift_in_one_segment() -> Result<(), DecomposeError> {
    recovers(Kind::Segment, 0.025)
}

#[test]
fn a_new_category() -> Result<(), DecomposeError> {
    recovers(Kind::Category, 0.02)
}

#[test]
fn intervals_cover_when_nothing_happened() -> Result<(), DecomposeError> {
    let mut covered = [0; 3];
    for seed in 0..100 {
        let parts = run(&World::new(Kind::Null, seed).draw(1000, seed), &Options::new(seed))?;
        for (count, part) in covered.iter_mut().zip(three(&parts)) {
            let [low, high] = part.interval();
            *count += usize::from(low <= 0.0 && 0.0 <= high);
        }
        assert!(parts.unseen_share < 0.02, "{parts:?}");
    }
    assert!(covered.iter().all(|c| *c >= 88), "{covered:?} of 100");
    Ok(())
}

#[test]
fn names_the_columns_that_moved_and_those_that_hurt() -> Result<(), DecomposeError> {
    let harmful = run(&World::new(Kind::Harmful, 1).draw(5000, 1), &Options::new(1))?;
    assert_eq!(harmful.telling_columns.first().map(|c| c.0), Some(1), "{harmful:?}");
    assert_eq!(harmful.harder_columns.first().map(|c| c.0), Some(1), "{harmful:?}");
    let carried: f64 = harmful.harder_columns.iter().map(|c| c.1.value).sum();
    assert!((carried - harmful.inputs_common.value).abs() < 0.02, "{carried} {harmful:?}");
    // Columns that move and do not matter tell the periods apart and carry nothing.
    let harmless = run(&World::new(Kind::Harmless, 1).draw(5000, 1), &Options::new(1))?;
    assert!(
        harmless.domain_auc > 0.6 && harmless.harder_columns.iter().all(|c| c.1.value.abs() < 0.01),
        "{harmless:?}"
    );
    Ok(())
}

#[test]
fn without_common_ground_the_concept_is_not_identified() -> Result<(), DecomposeError> {
    let column = |from: u16| vec![(0..2000_u16).map(|r| from + r % 5).collect::<Vec<u16>>()];
    let matrix = |from| Matrix::new(column(from), vec![12], vec![true]).unwrap_or_default();
    let (then, now) = (matrix(1), matrix(6));
    let loss: Vec<f64> = (0..2000).map(|r| f64::from(r % 3 == 0)).collect();
    let better = vec![0.0; 2000];
    let found =
        decompose(Sample { inputs: &then, loss: &better }, Sample { inputs: &now, loss: &loss }, &Options::new(0))?;
    assert!(!found.identified && found.unseen_share > 0.99, "{found:?}");
    assert_eq!((found.concept.value, found.inputs_unseen), (0.0, found.total));
    Ok(())
}

#[test]
fn labels_that_have_not_come_leave_the_inputs_in() -> Result<(), DecomposeError> {
    let world = World::new(Kind::Both, 3);
    let truth = world.truth(20.0, 100_000);
    let mut drawn = world.draw(6000, 3);
    for (row, loss) in drawn.current_loss.iter_mut().enumerate() {
        if row % 3 == 0 {
            *loss = f64::NAN;
        }
    }
    let parts = run(&drawn, &Options::new(3))?;
    for (part, truth) in three(&parts).into_iter().zip(truth) {
        assert!((part.value - truth).abs() < 0.03, "{parts:?} {truth}");
    }
    let sum: f64 = three(&parts).iter().map(|p| p.value).sum();
    assert!((sum + parts.unexplained - parts.total.value).abs() < 1e-12 && parts.unexplained.abs() < 0.01);
    Ok(())
}

#[test]
fn the_unit_of_the_loss_does_not_matter() -> Result<(), DecomposeError> {
    let drawn = World::new(Kind::Both, 2).draw(1000, 2);
    let mut large = World::new(Kind::Both, 2).draw(1000, 2);
    large.reference_loss.iter_mut().chain(&mut large.current_loss).for_each(|l| *l *= 1e300);
    let (small, large) = (run(&drawn, &Options::new(5))?, run(&large, &Options::new(5))?);
    assert_eq!(small, run(&drawn, &Options::new(5))?);
    for (a, b) in three(&small).into_iter().zip(three(&large)) {
        assert!((a.value - b.value / 1e300).abs() < 1e-9 && (a.se - b.se / 1e300).abs() < 1e-9);
    }
    Ok(())
}

#[test]
fn corners_are_errors_or_quiet() -> Result<(), DecomposeError> {
    let one = Matrix::constant(60);
    let losses = vec![0.5; 60];
    let sample = Sample { inputs: &one, loss: &losses };
    let options = Options { folds: 0, support_ratio: f64::NAN, ..Options::new(0) };
    assert_eq!(decompose(sample, sample, &options)?.total.value, 0.0);
    let none = Matrix::default();
    let without = Sample { inputs: &none, loss: &losses };
    assert_eq!(decompose(without, without, &options)?.concept.value, 0.0);
    assert_eq!(decompose(sample, without, &options), Err(DecomposeError::Mismatch));
    let short = Sample { inputs: &one, loss: &losses[..9] };
    assert_eq!(decompose(sample, short, &options), Err(DecomposeError::Rows { rows: 60, losses: 9 }));
    let infinite = vec![f64::INFINITY; 60];
    let unlabelled = Sample { inputs: &one, loss: &infinite };
    assert_eq!(decompose(unlabelled, sample, &options), Err(DecomposeError::TooFew { found: 0, needed: 50 }));
    let empty = Sample { inputs: &none, loss: &[] };
    assert!(decompose(empty, empty, &options).is_err());
    assert_eq!(KINDS.len(), 8);
    Ok(())
}

/// Two numbers and two bystanders; the first two move by `shift` and share `rho` of their variance, and an answer is wrong with the
/// chance that `error` gives. The parts of both, and the whole of the inputs.
fn blame(
    seed: u64,
    shift: [f64; 2],
    rho: f64,
    error: impl Fn(f64, f64) -> f64,
) -> Result<([Part; 2], f64), DecomposeError> {
    use super::worlds::Draws;
    let mut draws = Draws::new(seed);
    let mut period = |now: f64| -> (Vec<Vec<f64>>, Vec<f64>) {
        let (mut x, mut loss) = (vec![Vec::new(); 4], Vec::new());
        for _ in 0..5000 {
            let (a, b) = (draws.normal(), draws.normal());
            let row = [
                a + now * shift[0],
                rho * a + (1.0 - rho * rho).sqrt() * b + now * shift[1],
                draws.normal(),
                draws.normal(),
            ];
            loss.push(f64::from(draws.uniform() < error(row[0], row[1])));
            x.iter_mut().zip(row).for_each(|(column, v)| column.push(v));
        }
        (x, loss)
    };
    let ((then, before), (now, after)) = (period(0.0), period(1.0));
    let cutters: Vec<crate::learn::Cutter> = then.iter().map(|c| crate::learn::Cutter::new(c, 32)).collect();
    let matrix = |x: &[Vec<f64>]| {
        let codes = cutters.iter().zip(x).map(|(c, v)| c.codes(v)).collect();
        Matrix::new(codes, cutters.iter().map(crate::learn::Cutter::cardinality).collect(), vec![true; 4])
            .unwrap_or_default()
    };
    let (then, now) = (matrix(&then), matrix(&now));
    let parts =
        decompose(Sample { inputs: &then, loss: &before }, Sample { inputs: &now, loss: &after }, &Options::new(seed))?;
    let of = |column: usize| parts.harder_columns.iter().find(|c| c.0 == column).map_or(Part::default(), |c| c.1);
    assert!(of(2).value.abs() < 0.01 && of(3).value.abs() < 0.01, "{parts:?}");
    Ok(([of(0), of(1)], parts.inputs_common.value + parts.inputs_unseen.value))
}

/// The chance of an error that rises with a number.
fn rising(x: f64) -> f64 {
    0.05 + 0.3 / (1.0 + (-3.0 * x).exp())
}

#[test]
fn of_two_columns_that_move_the_one_that_matters_is_blamed() -> Result<(), DecomposeError> {
    let mut covered = 0;
    // What the shift by 0.8 costs, by Monte Carlo with 4,000,000 rows.
    const TRUTH: f64 = 0.0765;
    for seed in 0..20 {
        let ([a, b], whole) = blame(seed, [0.8, 0.8], 0.0, |x, _| rising(x))?;
        assert!(a.value > 0.7 * whole && b.value.abs() < 0.15 * whole, "{seed}: {a:?} {b:?} of {whole}");
        let [low, high] = a.interval();
        covered += usize::from(low <= TRUTH && TRUTH <= high);
    }
    assert!(covered >= 17, "{covered} of 20");
    Ok(())
}

#[test]
fn of_two_columns_that_go_together_the_one_that_matters_is_blamed() -> Result<(), DecomposeError> {
    for seed in 0..6 {
        let ([a, b], whole) = blame(seed, [0.8, 0.8], 0.8, |x, _| rising(x))?;
        assert!(a.value > 0.6 * whole && b.value < 0.3 * whole, "{seed}: {a:?} {b:?} of {whole}");
    }
    Ok(())
}

#[test]
fn columns_that_matter_only_together_share_and_one_that_stays_is_free() -> Result<(), DecomposeError> {
    let corner = |x: f64, y: f64| if x > 0.0 && y > 0.0 { 0.5 } else { 0.05 };
    for seed in 0..4 {
        let ([a, b], whole) = blame(seed, [0.8, 0.8], 0.0, corner)?;
        assert!(whole > 0.1 && (a.value + b.value - whole).abs() < 0.03, "{seed}: {a:?} {b:?} of {whole}");
        assert!(a.value.min(b.value) > 0.25 * whole, "{seed}: {a:?} {b:?} of {whole}");
        let ([a, b], whole) = blame(seed, [0.8, 0.0], 0.0, corner)?;
        assert!(a.value > 0.8 * whole && b.value.abs() < 0.15 * whole, "{seed}: {a:?} {b:?} of {whole}");
    }
    Ok(())
}
