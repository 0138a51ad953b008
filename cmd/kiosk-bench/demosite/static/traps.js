// What each page of /pieges does, once it has been seen for a moment.
const traps = {
  boucle() {
    for (;;) { /* never ends */ }
  },
  memoire() {
    const kept = [];
    const more = () => {
      for (let i = 0; i < 4; i++) {
        kept.push(new Uint8Array(8 << 20).fill(kept.length));
      }
      setTimeout(more, 20);
    };
    more();
  },
  alertes() {
    for (;;) {
      alert(document.title);
    }
  },
  fenetre() {
    const open = () => window.open('/', '_blank', 'width=600,height=400');
    document.querySelector('[data-open]').addEventListener('click', open);
    open();
  },
};

setTimeout(traps[document.body.dataset.trap], 800);
