/** A button and the dialog it opens: the browser keeps the focus inside and gives it back. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/words.ts';
import { Icon } from '../panels/icons.tsx';

export interface SheetProps {
  title: string;
  face: ComponentChildren;
  label?: string;
  class?: string;
  name?: string;
  children: (close: () => void) => ComponentChildren;
}

export function Sheet(props: SheetProps) {
  const [isOpen, setOpen] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
  }, [isOpen]);
  const close = () => dialog.current?.close();
  return (
    <>
      <button
        type="button"
        class={props.class ?? 'button'}
        aria-label={props.label}
        title={props.label}
        aria-haspopup="dialog"
        data-opens={props.name}
        onClick={() => setOpen(true)}
      >
        {props.face}
      </button>
      {isOpen && (
        // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes a dialog by itself.
        <dialog
          ref={dialog}
          class="sheet"
          aria-labelledby={id}
          onClose={() => setOpen(false)}
          onClick={event => {
            if (event.target === dialog.current) close();
          }}
        >
          <div class="sheet-inner">
            <div class="sheet-head">
              <h2 id={id}>{props.title}</h2>
              <button type="button" class="icon-button" aria-label={t.close} onClick={close}>
                <Icon name="close" />
              </button>
            </div>
            {props.children(close)}
          </div>
        </dialog>
      )}
    </>
  );
}
