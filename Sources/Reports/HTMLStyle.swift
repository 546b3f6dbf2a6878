/// The style sheet of the HTML report. Verdicts are written out as words, so that colour is never
/// the only carrier of meaning.
enum HTMLStyle {
  static let sheet: HTML = """
    :root{--ok:#1b7f4b;--bad:#b3261e;--part:#8e3a9d;--cond:#9a6700;--unk:#36648b}
    *{box-sizing:border-box}
    body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:#1c2024;
    margin:0 auto;max-width:1100px;padding:24px}
    h1{font-size:1.7rem;margin:0 0 .2em}h2{font-size:1.25rem;margin:2em 0 .6em;
    border-bottom:2px solid #e2e6ea;padding-bottom:.2em}h3{font-size:1rem;margin:1.4em 0 .4em}
    small{color:#5b6570;font-size:.85em}code{font-size:.9em;word-break:break-all}
    .tiles{display:flex;gap:12px;flex-wrap:wrap;margin:20px 0}
    .tile{flex:1 1 150px;border:1px solid #d8dee4;border-left:6px solid #8b949e;border-radius:6px;
    padding:10px 14px}.tile b{display:block;font-size:1.9rem;line-height:1.2}
    .tile.allowed{border-left-color:var(--ok)}.tile.blocked{border-left-color:var(--bad)}
    .tile.conditional{border-left-color:var(--cond)}
    table{border-collapse:collapse;width:100%;font-size:.9em;margin:.6em 0}
    th,td{border:1px solid #d8dee4;padding:5px 8px;text-align:left;vertical-align:top}
    td{overflow-wrap:anywhere}
    thead th{background:#f3f5f7}tr.service th{background:#fafbfc;font-weight:600}
    .matrix th small,.matrix td small{display:block;font-weight:400}
    td.allowed,td.blocked,td.partial,td.conditional,td.unknown,td.reason{overflow-wrap:normal}
    td.number{text-align:right;white-space:nowrap}
    td.allowed{color:var(--ok);background:#eef8f2}td.blocked{color:var(--bad);background:#fdf0ef;
    font-weight:600}td.partial{color:var(--part);background:#f8f0fa;font-weight:600}
    td.conditional{color:var(--cond);background:#fdf7e7}td.unknown{color:var(--unk);
    background:#eef4f9}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:.4em 0}
    dt{color:#5b6570}dd{margin:0;overflow-wrap:anywhere}
    .problem{border-left:5px solid #8b949e;padding:2px 14px;margin:.8em 0;background:#fafbfc}
    .problem p{margin:.4em 0}.problem ul{margin:.2em 0 .6em;padding-left:1.2em}
    .problem.blocked{border-color:var(--bad)}.problem.partial{border-color:var(--part)}
    .problem.conditional{border-color:var(--cond)}.problem.unknown{border-color:var(--unk)}
    .good{color:var(--ok);font-weight:600}
    .findings li.error b{color:var(--bad)}.findings li.warning b{color:var(--cond)}
    details summary{cursor:pointer;margin:1em 0 .4em;font-weight:600}
    .actions small{display:block}
    @media print{body{max-width:none;padding:0;font-size:11px}details>*{display:block}
    details::details-content{content-visibility:visible;display:block}
    section{break-before:page}.problem,tr{break-inside:avoid}a{color:inherit;text-decoration:none}}
    """
}
