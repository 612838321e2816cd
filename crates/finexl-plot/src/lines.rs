//! Lines with intervals: a quantity over another, one line per series.

use crate::canvas::{self, Area, Drawn, Legend, SMALL, Shape, Type, WIDTH};
use crate::error::PlotError;
use crate::palette::{GOAL, GRID, series};
use crate::text;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

const FIGURE: &str = "line chart";
const EDGE: i32 = 16;
const PLOT: i32 = 320;
const AXIS: i32 = 30;

/// One measured point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesPoint {
    /// Position.
    pub x: f64,
    /// Estimate.
    pub y: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
}

/// A named line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Shown in the legend.
    pub name: String,
    /// Points in any order; they are joined by rising `x`.
    pub points: Vec<SeriesPoint>,
}

/// A chart of lines with intervals as bands, 880 pixels wide.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineChart {
    /// Headline, or none where the page around it says it.
    pub title: Option<String>,
    /// What the horizontal axis measures.
    pub x_axis: String,
    /// What the vertical axis measures, written above it.
    pub y_axis: String,
    /// Ends of the horizontal axis; by default the first and last point.
    pub x_range: Option<(f64, f64)>,
    /// Ends of the vertical axis; by default the furthest interval ends. What lies outside is cut.
    pub y_range: Option<(f64, f64)>,
    /// Writes vertical values as percent.
    pub percent: bool,
    /// A dashed horizontal line and its name.
    pub goal: Option<(f64, String)>,
    /// The lines.
    pub series: Vec<Series>,
}

type Range = (f64, f64);

impl LineChart {
    /// Draws the chart as SVG.
    ///
    /// # Errors
    /// [`PlotError::Empty`] without a point, [`PlotError::NotFinite`] for a value that is not finite.
    pub fn svg(&self) -> Result<String, PlotError> {
        let (x, y) = self.ranges()?;
        let legend = self.legend();
        let top = if self.title.is_some() { 70 } else { 38 };
        let height = top + PLOT + AXIS + 24 + legend.height(WIDTH as i32 - 2 * EDGE) + EDGE / 2;
        let label = self.title.as_deref().unwrap_or(&self.y_axis);
        canvas::svg(FIGURE, height.unsigned_abs(), label, |area| {
            self.draw(area, top, height, (x, y), &legend)
        })
    }

    fn ranges(&self) -> Result<(Range, Range), PlotError> {
        for series in &self.series {
            let finite = |p: &SeriesPoint| [p.x, p.y, p.low, p.high].iter().all(|v| v.is_finite());
            if !series.points.iter().all(finite) {
                return Err(not_finite(&series.name));
            }
        }
        let points = || self.series.iter().flat_map(|series| &series.points);
        if points().next().is_none() {
            return Err(PlotError::Empty {
                figure: FIGURE,
                what: "point",
            });
        }
        let chosen = |range: Option<Range>| {
            range.filter(|(low, high)| low < high && (high - low).is_finite())
        };
        let x = chosen(self.x_range)
            .or_else(|| canvas::range(points().map(|p| p.x)))
            .ok_or_else(|| not_finite(&self.x_axis))?;
        let goal = self.goal.iter().map(|goal| goal.0);
        let y = chosen(self.y_range)
            .or_else(|| canvas::range(points().flat_map(|p| [p.y, p.low, p.high]).chain(goal)))
            .ok_or_else(|| not_finite(&self.y_axis))?;
        Ok((x, y))
    }

    fn legend(&self) -> Legend {
        let mut legend = Legend::default();
        if self.series.len() > 1 {
            for (index, one) in self.series.iter().enumerate() {
                legend.push(Shape::Square, series(index), &one.name);
            }
        }
        if let Some((_, name)) = &self.goal {
            legend.push(Shape::Rule, GOAL, name);
        }
        legend
    }

    /// Whether positions are whole numbers, which are then written as such.
    fn whole(&self) -> bool {
        let points = self.series.iter().flat_map(|series| &series.points);
        points.clone().count() > 1 && points.into_iter().all(|p| p.x.fract() == 0.0)
    }

    fn draw(
        &self,
        area: &Area<'_>,
        top: i32,
        height: i32,
        (x, y): (Range, Range),
        legend: &Legend,
    ) -> Drawn {
        let room = WIDTH as i32 - 2 * EDGE;
        canvas::headline(area, self.title.as_deref(), EDGE)?;
        let name = canvas::fit(&self.y_axis, SMALL, room);
        canvas::write(area, &name, (EDGE, top - 20), Type::small())?;
        let end = top + PLOT;
        let whole = self.whole();
        let mut chart = ChartBuilder::on(area)
            .margin_left(EDGE)
            .margin_right(EDGE + 14)
            .margin_top(top)
            .margin_bottom(height - end - AXIS)
            .x_label_area_size(AXIS)
            .y_label_area_size(46)
            .build_cartesian_2d(x.0..x.1, y.0..y.1)?;
        chart
            .configure_mesh()
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(GRID)
            .x_labels(9)
            .y_labels(7)
            .label_style(Type::small().style())
            .x_label_formatter(&|value| match (whole, value.fract() == 0.0) {
                (false, _) => canvas::tick(*value, x.1 - x.0, false),
                (true, true) => format!("{value:.0}"),
                (true, false) => String::new(),
            })
            .y_label_formatter(&|value| canvas::tick(*value, y.1 - y.0, self.percent))
            .draw()?;
        if let Some((goal, _)) = &self.goal {
            let across = vec![(x.0, *goal), (x.1, *goal)];
            chart.draw_series(DashedLineSeries::new(across, 5, 4, GOAL.into()))?;
        }
        for (index, one) in self.series.iter().enumerate() {
            draw_line(&mut chart, one, series(index), (x, y))?;
        }
        let middle = (EDGE + 46 + WIDTH as i32 - EDGE - 14) / 2;
        let axis = Type::small().side(HPos::Center);
        canvas::write(
            area,
            &canvas::fit(&self.x_axis, SMALL, room),
            (middle, end + AXIS + 10),
            axis,
        )?;
        legend.draw(area, (EDGE, end + AXIS + 24), room)
    }
}

type Chart<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

/// The band of intervals, the line and its points.
fn draw_line(
    chart: &mut Chart<'_, '_>,
    one: &Series,
    colour: RGBColor,
    (x, y): (Range, Range),
) -> Drawn {
    let mut points = one.points.clone();
    points.retain(|p| (x.0..=x.1).contains(&p.x));
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    let inside = |value: f64| value.clamp(y.0, y.1);
    let upper = points.iter().map(|p| (p.x, inside(p.high)));
    let lower = points.iter().rev().map(|p| (p.x, inside(p.low)));
    if points.len() > 1 {
        let band: Vec<(f64, f64)> = upper.chain(lower).collect();
        chart.draw_series([Polygon::new(band, colour.mix(0.14))])?;
    } else {
        let ends = points.iter().map(|p| {
            let ends = vec![(p.x, inside(p.low)), (p.x, inside(p.high))];
            PathElement::new(ends, colour.stroke_width(1))
        });
        chart.draw_series(ends)?;
    }
    let line = points.iter().map(|p| (p.x, inside(p.y)));
    chart.draw_series(LineSeries::new(line, colour.stroke_width(2)))?;
    let dots = points
        .iter()
        .map(|p| Circle::new((p.x, inside(p.y)), 4, colour.filled()));
    chart.draw_series(dots)?;
    Ok(())
}

fn not_finite(name: &str) -> PlotError {
    PlotError::NotFinite {
        figure: FIGURE,
        name: text::plain(name),
    }
}
