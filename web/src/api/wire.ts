/**
 * The shapes that travel between reporting and the page, by the names the page uses.
 *
 * Made from reporting's own types. Money and 64-bit ids are decimal text and stay text; cells and
 * `encode` are `unknown` until a view has looked at them.
 */
export type {
  BoardList,
  BoardRef,
  Column,
  Company,
  Drill,
  Fresh,
  Hello,
  List as ListSpec,
  ListColumn as ListColumnSpec,
  ListResult,
  Manifest,
  OnScreen,
  OptionItem as Option,
  OptionList as Options,
  Panel as PanelSpec,
  PanelResult,
  Ping,
  Section,
  Setup,
  TestSent,
  Variable,
} from './generated.ts';
