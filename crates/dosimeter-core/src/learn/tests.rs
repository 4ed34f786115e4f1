use super::*;

/// 600 rows of an ordered column with missing values, a category and another ordered column.
fn world() -> Result<(Matrix, Vec<f64>, Vec<f64>), MatrixError> {
    let n = 600_usize;
    let a: Vec<u16> = (0..n).map(|i| ((i * i * 7 + i * 13) % 23) as u16).collect();
    let b: Vec<u16> = (0..n).map(|i| ((i * i * 5 + i * 3 + i / 7) % 9) as u16).collect();
    let c: Vec<u16> = (0..n).map(|i| ((i * 11 + i / 13) % 17) as u16).collect();
    let noise = |i: usize| ((i * 7919) % 101) as f64 / 101.0;
    let by_category = [0.0, 3.0, 1.0, -2.0, 0.0, 5.0, 0.0, 1.0, 2.0];
    let y = (0..n).map(|i| {
        let from_a = if a[i] == 0 { 2.0 } else { 0.3 * f64::from(a[i]) };
        let from_c = if c[i] > 8 && a[i] > 10 { 1.5 } else { 0.0 };
        from_a + by_category[usize::from(b[i])] + from_c + noise(i)
    });
    let y: Vec<f64> = y.collect();
    let label = (0..n).map(|i| f64::from((y[i] > 5.43) != (noise(i) > 0.9))).collect();
    // The third column has no missing values: its codes begin at 1.
    let c = c.into_iter().map(|code| code + 1).collect();
    Ok((Matrix::new(vec![a, b, c], vec![23, 9, 18], vec![true, false, true])?, y, label))
}

const ROWS: [usize; 7] = [0, 1, 2, 3, 100, 333, 599];

fn plain(loss: Loss) -> Config {
    Config { rounds: 20, patience: 0, min_child_weight: 1e-3, ..Config::new(loss, 0) }
}

fn close(found: &[f64], expected: &[f64], within: f64) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= within, "{found:?} is not {expected:?}");
    }
}

// The expected values are those of scikit-learn 1.9.1 on the same columns: HistGradientBoostingRegressor and -Classifier
// with learning_rate 0.1, max_iter 20, max_depth 3, max_leaf_nodes None, min_samples_leaf 1, l2_regularization 1,
// categorical_features [1], early_stopping False; max_iter 12 for the classifier. It sums gradients in single precision,
// so that at some later tree a category of just about ten rows falls on the other side of its least support.

#[test]
fn regression_agrees_with_scikit_learn() -> Result<(), MatrixError> {
    let (m, y, _) = world()?;
    let found = fit(&m, &y, None, &plain(Loss::Squared)).predict(&m);
    let expected = [2.80882493, 8.60385568, 4.88962187, 3.48778875, 2.87460049, 2.5304508, 6.49229289];
    close(&ROWS.map(|r| found[r]), &expected, 2e-6);
    let mse = found.iter().zip(&y).map(|(f, y)| (f - y).powi(2)).sum::<f64>() / 600.0;
    close(&[mse], &[0.617_388_747_571], 1e-6);
    Ok(())
}

#[test]
fn classification_agrees_with_scikit_learn() -> Result<(), MatrixError> {
    let (m, _, label) = world()?;
    let found = fit(&m, &label, None, &Config { rounds: 12, ..plain(Loss::Logistic) }).predict(&m);
    let expected = [0.24766347, 0.8051995, 0.22865032, 0.28416961, 0.24766347, 0.20552102, 0.6999612];
    close(&ROWS.map(|r| found[r]), &expected, 2e-6);
    Ok(())
}

#[test]
fn one_full_step_is_a_regression_tree() -> Result<(), MatrixError> {
    // scikit-learn's DecisionTreeRegressor(max_depth=3) on the rows without missing values, codes as numbers.
    let (m, y, _) = world()?;
    let kept: Vec<u32> = (0..600).filter(|&r| m.column(0)[r as usize] > 0).collect();
    let target: Vec<f64> = kept.iter().map(|&r| y[r as usize]).collect();
    let kept = m.select(&kept);
    let columns = (0..3).map(|c| kept.column(c).iter().map(|code| code + 1).collect()).collect();
    let m = Matrix::new(columns, vec![24, 10, 19], vec![true; 3])?;
    let once = Config { rounds: 1, learning_rate: 1.0, l2: 0.0, ..plain(Loss::Squared) };
    let found = fit(&m, &target, None, &once).predict(&m);
    let mse = found.iter().zip(&target).map(|(f, y)| (f - y).powi(2)).sum::<f64>() / found.len() as f64;
    close(&[mse], &[2.194_663_052_294_41], 1e-10);
    Ok(())
}

#[test]
fn weights_count_as_copies() -> Result<(), MatrixError> {
    let (m, _, label) = world()?;
    let twice: Vec<u32> = (0..600).chain((0..600).filter(|r| r % 3 == 0)).collect();
    let copied: Vec<f64> = twice.iter().map(|&r| label[r as usize]).collect();
    let weight: Vec<f64> = (0..600).map(|r| if r % 3 == 0 { 2.0 } else { 1.0 }).collect();
    // Without the category, whose least support is counted in rows.
    let without = |m: &Matrix| {
        let columns = vec![m.column(0).to_vec(), m.column(2).to_vec()];
        Matrix::new(columns, vec![23, 18], vec![true, true])
    };
    let a = fit(&without(&m)?, &label, Some(&weight), &plain(Loss::Logistic)).predict(&without(&m)?);
    let b = fit(&without(&m.select(&twice))?, &copied, None, &plain(Loss::Logistic)).predict(&without(&m)?);
    close(&a, &b, 1e-9);
    Ok(())
}

#[test]
fn nothing_to_learn_is_a_flat_model() -> Result<(), MatrixError> {
    let (m, _, _) = world()?;
    let mut rng = SplitMix::new(9, 0);
    let coin: Vec<f64> = (0..600).map(|_| rng.below(2) as f64).collect();
    let fitted = cross_fit(&m, &coin, None, &Config::new(Loss::Logistic, 3), 5);
    let positive: Vec<bool> = coin.iter().map(|c| *c > 0.5).collect();
    let auc = auc_within(&fitted.margin, &positive, &fitted.fold);
    assert!(auc.is_some_and(|a| a.z().abs() < 2.5), "{auc:?}");
    assert!(fitted.models.iter().map(Model::trees).sum::<usize>() < 60);
    Ok(())
}

#[test]
fn out_of_fold_predictions_find_the_signal_and_its_columns() -> Result<(), MatrixError> {
    let (m, y, label) = world()?;
    let fitted = cross_fit(&m, &label, None, &Config::new(Loss::Logistic, 3), 5);
    let positive: Vec<bool> = label.iter().map(|c| *c > 0.5).collect();
    let auc = auc_within(&fitted.margin, &positive, &fitted.fold).map_or(0.0, |a| a.value);
    assert!(auc > 0.85, "{auc}");
    let importance = cross_fit(&m, &y, None, &Config::new(Loss::Squared, 3), 5).importance();
    close(&[importance.iter().sum()], &[1.0], 1e-12);
    assert!(importance[0] > importance[2] && importance[1] > importance[2], "{importance:?}");
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_bits() -> Result<(), MatrixError> {
    let (m, _, label) = world()?;
    let config = Config { columns_per_tree: 0.5, ..Config::new(Loss::Logistic, 3) };
    let run = |seed| cross_fit(&m, &label, None, &Config { seed, ..config.clone() }, 4).margin;
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
    Ok(())
}

#[test]
fn corners_are_quiet() -> Result<(), MatrixError> {
    for loss in [Loss::Squared, Loss::Logistic] {
        let config = Config { min_child_weight: 0.0, l2: 0.0, ..Config::new(loss, 1) };
        let one = |target: &[f64], codes: Vec<u16>| -> Result<Vec<f64>, MatrixError> {
            let m = Matrix::new(vec![codes.clone(), codes], vec![4, 4], vec![true, false])?;
            let out = cross_fit(&m, target, None, &config, 3).margin;
            assert!(out.iter().all(|p| p.is_finite()), "{out:?}");
            let out = fit(&m, target, None, &config).predict(&m);
            assert!(out.iter().all(|p| p.is_finite()), "{out:?}");
            Ok(out)
        };
        one(&[], vec![])?;
        one(&[1.0], vec![2])?;
        one(&[f64::NAN, f64::INFINITY, 1e308, -1e308], vec![0, 1, 2, 3])?;
        one(&[1e308; 40], [0, 1, 2, 3].repeat(10))?;
        one(&[], vec![0, 1])?;
        let constant = one(&[0.25; 40], [0, 1, 2, 3].repeat(10))?;
        close(&constant, &[0.25; 40], 1e-9);
        let single = one(&[1.0; 40], [0, 1, 2, 3].repeat(10))?;
        close(&single, &[1.0; 40], 1e-5);
        // Predicting rows cut otherwise is nonsense, and still no panic.
        let m = Matrix::new(vec![[0, 1, 2, 3].repeat(20)], vec![4], vec![false])?;
        let target: Vec<f64> = m.column(0).iter().map(|c| f64::from(c % 2)).collect();
        assert_eq!(fit(&m, &target, None, &config).predict(&Matrix::constant(2)).len(), 2);
        assert_eq!(fit(&m, &target, None, &config).predict(&Matrix::default()).len(), 0);
    }
    Ok(())
}

#[test]
fn missing_may_go_either_way() -> Result<(), MatrixError> {
    // Missing behaves like large values in one world and like small ones in the other.
    let codes: Vec<u16> = (0..4000).map(|i| (i * 7 % 10) as u16).collect();
    let m = Matrix::new(vec![codes.clone()], vec![10], vec![true])?;
    for high in [true, false] {
        let y: Vec<f64> = codes.iter().map(|&c| f64::from(if c == 0 { high } else { c > 6 })).collect();
        let p = fit(&m, &y, None, &Config { depth: 1, ..Config::new(Loss::Squared, 0) }).predict(&m);
        close(&p, &y, 1e-3);
    }
    Ok(())
}
