/**
 * The only door to ECharts: just the parts that the panels draw with, and the SVG renderer. The grid
 * is the simple one: pointing and naming are done by the page itself.
 *
 * Loaded after the first paint; until it is here the figures of a panel already stand.
 */
import { BarChart, LineChart } from 'echarts/charts';
import { GridSimpleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, LineChart, GridSimpleComponent, SVGRenderer]);

export { init };
