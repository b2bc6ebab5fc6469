/** The views are tested in English. */
import { en } from '../src/i18n/en.ts';
import { speak } from '../src/i18n/words.ts';

speak(en);
