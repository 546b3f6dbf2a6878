import CatalogueReaders
import EndpointCatalogue
import Testing

/// Pages of every layout in which the article has been published, with invented hosts.
@Suite struct PageReadingTests {
  /// What the reader knows before: three services of an invented product.
  static let known: Catalogue = {
    func row(_ service: String, _ host: String, _ path: String? = nil, scheme: String? = nil)
      -> Endpoint?
    {
      Endpoint(
        service: service, text: host, host: host, path: path,
        pathMatch: path == nil ? nil : .prefix, scheme: scheme,
        portsRequired: scheme == "http" ? [80] : [443],
        portsAdvised: scheme == "http" ? [443] : [])
    }
    return Catalogue(
      id: "invented", version: "2025-01-31", title: "Invented", published: "2025-01-31",
      effective: "2025-01-31",
      source: CatalogueSource(title: "Invented", url: "", locale: "en-us", sha256: ""),
      statements: [:],
      services: [
        CatalogueService(id: "cloud", names: ["en": "Cloud Protection Service (CPS)"]),
        CatalogueService(id: "updates", names: ["en": "Updates"]),
        CatalogueService(id: "lists", names: ["en": "Revocation lists"]),
      ],
      endpoints: [
        row("cloud", "*.cloud.example.com"), row("cloud", "*.cloudalt.example.com"),
        row("updates", "*.download.example.com"), row("updates", "go.example.com"),
        row("lists", "pki.example.net", "/lists/", scheme: "http"),
      ].compactMap { $0 })
  }()

  static func read(
    _ text: String, answers: ReadingAnswers = ReadingAnswers()
  ) throws -> PageReading {
    try PageReader(editions: [known], answers: answers)
      .read(Array(text.utf8), file: "page", sha256: "")
  }

  /// `service host ports` of each row.
  static func rows(_ reading: PageReading) -> [String] {
    reading.rows.map { row in
      "\(row.service) \(row.scheme.map { $0 + "://" } ?? "")\(row.host)\(row.path ?? "") "
        + row.portsRequired.map { "\($0)" }.joined(separator: ",")
    }
  }

  static let expected = [
    "cloud *.cloud.example.com 443", "cloud *.cloudalt.example.com 443",
    "updates *.download.example.com 443,80", "updates go.example.com 443,80",
    "lists http://pki.example.net/lists/ 80",
  ]

  /// The law: each host-shaped word has one class, and the classes add up.
  static func check(_ reading: PageReading) {
    let sum = PageReading.TokenClass.allCases.map { reading.count($0) }.reduce(0, +)
    #expect(sum == reading.tokens.count)
    #expect(reading.count(.row) == reading.rows.count)
    let places = reading.tokens.map { [$0.line, $0.column] }
    #expect(Set(places).count == places.count)
  }

  static let layouts: [(String, String)] = [
    (
      "three columns, code spans, breaks",
      """
      ---
      title: Invented connections
      ms.date: 01/31/2025
      ---
      # Invented connections
      See [the site](https://www.example.org/?a=b.example.org). Never exempt `*.example.com`.

      | **Service** | **Description** | **URL** |
      | :--: | :-- | :-- |
      | Cloud Protection Service (CPS) | Protects | `*.cloud.example.com` <br/> `*.cloudalt.example.com` |
      | Updates <br/> and more |\tFiles, see update.exe\t|`*.download.example.com` (Port 80 is required)</br> `go.example.com` (Port 80)|
      | Lists | Read `a.txt` | http://pki.example.net/lists/ |
      """
    ),
    (
      "bare hosts with blanks between, stars of emphasis in titles, tabs before bars",
      """
      |*Service*|*URL*|
      |---|---
      | *Cloud Protection Service (CPS)*\t|*.cloud.example.com  *.cloudalt.example.com|
      | *Updates*\t|\t* *.download.example.com (port 80)  * go.example.com (80) |
      | *Lists*\t| uses these:   http://pki.example.net/lists/  |
      """
    ),
    (
      "an HTML table in Markdown, with a list that was never opened",
      """
      ## Title
      <table  style="vertical-align:top">
      <tr><th >Service</th><th>URL</th></tr>
      <tr><td>
       Cloud <a href="https://www.example.org/form.aspx">form</a>
      </td>
      <td>
      *.cloud.example.com<br />
      *.cloudalt.example.com
      </td></tr>
      <tr><td>Updates</td><td><ul><li>*.download.example.com (Port 80)</li><li>go.example.com (80)</li></ul></td></tr>
      <tr><td>Lists</td><td>http://pki.example.net/lists/</ul></td></tr>
      </table>
      """
    ),
    (
      "rendered without separators",
      """
      | Service and description | URL |
      | --- | --- |
      | Cloud Protection Service (CPS)These protect.More words | `*.cloud.example.com``*.cloudalt.example.com` |
      | UpdatesThese update. | `*.download.example.com` (Port 80 is required)`go.example.com` (Port 80 is required)For more, see [here](/a/b.md). |
      | ListsWindows uses data.Microsoft | `http://pki.example.net/lists/` |
      """
    ),
    (
      "text copied from a browser",
      """
      Titre de la page
      N’excluez pas l’URL *.example.com de l’inspection.

      Service et description URL
      Le service CPS (CPS).
      Il protège.
      *.cloud.example.com
      *.cloudalt.example.com
      Mises à jour
      *.download.example.com (Le port 80 est requis)
      go.example.com (Le port 80 est requis)

      Pour plus d’informations, consultez la page.
      Listes
      http://pki.example.net/lists/
      TLS aux URL comme http://cp.cloud.example.com/ n’aboutissent pas.
      """
    ),
    (
      "side by side, one host told twice",
      """
      | Service | URL |
      |---|---|
      | <span data-ttu-id="a"> Wolk</span><span class="sxs-lookup"><span>Cloud</span></span> | <span>via: `*.cloud.example.com`</span><span class="sxs-lookup"><span>by: `*.cloud.example.com`</span></span> <br/> `*.cloudalt.example.com` |
      | Updates | `*.download.example.com` (poort 80) <p> `go.example.com` (poort 80) |
      | Lijsten | `http://pki.example.net/lists/` |
      """
    ),
    (
      "Arabic digits, and no blanks between words",
      """
      | サービス | URL |
      |---|---|
      | クラウド (CPS) |にアクセス`*.cloud.example.com`<br>`*.cloudalt.example.com`|
      | 更新 |`*.download.example.com`（ポート８０が必要）<br>`go.example.com` (المنفذ ٨٠ مطلوب)|
      | 失効 |`http://pki.example.net/lists/`|
      """
    ),
    (
      "a saved page with scripts, navigation and a second table",
      """
      <!DOCTYPE html><html lang="fr-fr"><head><title>T</title>
      <meta name="ms.date" content="2025-01-31T00:00:00Z">
      <script>var t="*.evil.example.com"; if (a<b) {}</script></head><body>
      <nav><table><tr><td>Learn</td><td>docs.example.com</td></tr></table></nav>
      <main><h1>T</h1><table><thead><tr><th>Service</th><th>URL</th></tr></thead><tbody>
      <tr><td>Cloud<br>more</td><td><code>*.cloud.example.com</code><br><code>*.cloudalt.example.com</code></td></tr>
      <tr><td>Updates</td><td><code>*.download.example.com</code> (Le port 80 est requis)<br><code>go.example.com</code>&nbsp;(port 80)</td></tr>
      <tr><td>Listes</td><td><code>http://pki.example.net/lists/</code></td></tr></tbody></table>
      <table><tr><th>Solution</th></tr><tr><td><code>HKLM\\SOFTWARE\\a.b</code></td></tr></table>
      </main><footer><a href="https://go.example.com/fwlink">x</a></footer></body></html>
      """
    ),
  ]

  @Test(arguments: layouts)
  func everyLayoutSaysTheSame(_ name: String, _ page: String) throws {
    for text in [
      page, page.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n"),
    ] {
      let reading = try Self.read(text)
      Self.check(reading)
      #expect(Self.rows(reading) == Self.expected, "\(name)")
      #expect(reading.nearest?.edition.version == "2025-01-31", "\(name)")
      let asked = reading.questions.filter { $0.kind != .date && $0.kind != .statement }
      #expect(asked.isEmpty, "\(name): \(asked)")
    }
  }

  /// What a page says of itself.
  @Test func metadataIsRead() throws {
    let reading = try Self.read(Self.layouts[7].1)
    #expect(reading.date == "2025-01-31")
    #expect(reading.locale == "fr-fr")
    #expect(try Self.read(Self.layouts[0].1).title == "Invented connections")
  }

  /// Encodings: the same page in each of them.
  @Test func encodingsAreTold() throws {
    let text = Self.layouts[4].1
    var utf16: [UInt8] = [0xFF, 0xFE]
    for unit in text.utf16 { utf16 += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
    let latin = text.unicodeScalars.map { $0.value < 256 ? UInt8($0.value) : 0x92 }
    for (bytes, encoding) in [
      ([0xEF, 0xBB, 0xBF] + Array(text.utf8), "UTF-8"), (utf16, "UTF-16"),
      (latin, "Windows-1252"), (Array(text.utf8) + [0xFF], "UTF-8, damaged"),
    ] {
      let reading = try PageReader(editions: [Self.known]).read(bytes, file: "page", sha256: "")
      #expect(reading.encoding == encoding)
      #expect(Self.rows(reading) == Self.expected, "\(encoding)")
    }
  }

  // MARK: Questions

  private static func table(_ rows: String...) -> String {
    "# T\n\n|Service|URL|\n|---|---|\n|Cloud|`*.cloud.example.com`<br>`*.cloudalt.example.com`|\n"
      + "|Updates|`*.download.example.com`<br>`go.example.com`|\n" + rows.joined(separator: "\n")
  }

  /// What only a person can say is asked, with the place and a proposal.
  @Test(arguments: [
    ("|New thing|`new.example.com`|", "service", "new.example.com", "new-thing"),
    (
      "|Updates|`*.download.example.com*`|", "host", "*.download.example.com*",
      "*.download.example.com"
    ),
    ("|Updates|`x.example.com` (Port 8080 is required)|", "ports", "x.example.com", "443, 8080"),
    ("|Updates|`x.example.com` (Windows only)|", "ports", "x.example.com", "443"),
    ("|Cloud|`*.cloud.examp1e.com`|", "membership", "*.cloud.examp1e.com", "no row"),
    ("|Cloud|`*.cloud.exarnple.com`|", "membership", "*.cloud.exarnple.com", "no row"),
    ("|Cloud|`*.cloud.ex\u{430}mple.com`|", "membership", "*.cloud.ex\u{430}mple.com", "no row"),
    (
      "|Cloud|`a.cloud\u{200B}.example.com`|", "membership", "a.cloud\u{200B}.example.com", "no row"
    ),
    ("|Cloud|`192.0.2.1`|", "membership", "192.0.2.1", "no row"),
    ("|Cloud|see a.example.com for more|", "membership", "a.example.com", "no row"),
    ("|Updates|`www.example.com/a/*/b`|", "host", "www.example.com/a/*/b", "www.example.com/a/*/b"),
    ("|Updates|`x.example.com:99999`|", "ports", "x.example.com:99999", "443"),
    ("\nAlso allow `also.example.com`.", "membership", "also.example.com", "no row"),
    ("\n- go2.example.com", "membership", "go2.example.com", "no row"),
  ])
  func whatOnlyAPersonCanSayIsAsked(
    _ row: String, _ kind: String, _ token: String, _ proposal: String
  ) throws {
    let reading = try Self.read(Self.table(row))
    Self.check(reading)
    let question = reading.questions.first { $0.kind.rawValue == kind }
    #expect(question?.token == token, "\(reading.questions)")
    #expect(question?.proposal == proposal)
    #expect(question?.line ?? 0 >= 7)
    #expect(reading.questions.map(\.number) == Array(1...reading.questions.count))
  }

  @Test func answersSettle() throws {
    let page = Self.table("|New thing|`new.example.com`|", "|Cloud|`*.cloud.examp1e.com`|")
    #expect(try Self.read(page).questions.contains { $0.kind == .membership })
    var answers = ReadingAnswers()
    answers.answers = [
      .init(kind: .service, token: "new.example.com", answer: "updates"),
      .init(kind: .membership, token: "*.cloud.examp1e.com", answer: "no row"),
      .init(kind: .date, token: "", answer: "2026-01-31"),
    ]
    let reading = try Self.read(page, answers: answers)
    #expect(reading.questions.filter { $0.kind != .statement }.isEmpty, "\(reading.questions)")
    #expect(Self.rows(reading).last == "updates new.example.com 443")
    #expect(reading.date == "2026-01-31")
  }

  // MARK: Hostile pages

  /// Nothing invented, nothing dropped: fifty hosts in prose change no row and are all counted.
  @Test(arguments: [true, false])
  func prosePutsNoRowIn(_ isBefore: Bool) throws {
    let prose = (1...50).map { "Read host\($0).example.org for part \($0) of it." }
      .joined(separator: "\n")
    let table = Self.layouts[0].1
    let plain = try Self.read(table)
    let reading = try Self.read(
      isBefore
        ? table.replacing("# Invented", with: "# First\n\(prose)\n# Invented")
        : "\(table)\n\n## More\n\(prose)\n")
    Self.check(reading)
    #expect(Self.rows(reading) == Self.expected)
    #expect(reading.count(.citation) == plain.count(.citation) + 50)
    #expect(reading.tokens.count == plain.tokens.count + 50)
  }

  @Test(arguments: [
    ("tags without end", String(repeating: "<a ", count: 40_000)),
    ("quotes without end", String(repeating: "<a href=\"", count: 20_000)),
    ("tables in tables", String(repeating: "<table><tr><td>", count: 20_000) + "x.example.com"),
    ("links without end", String(repeating: "[a](", count: 40_000)),
    ("entities", String(repeating: "&#46;", count: 20_000)),
    ("bars", String(repeating: "|", count: 60_000)),
    ("comments", String(repeating: "<!--", count: 20_000)),
    ("scripts", String(repeating: "<script>", count: 20_000)),
    ("dots", String(repeating: ".", count: 200_000)),
    ("one word", String(repeating: "a.", count: 100_000)),
    ("nothing", ""), ("nul", "\0\0\0"),
  ])
  func hostilePagesAreBounded(_ name: String, _ page: String) throws {
    Self.check(try Self.read(page))
    Self.check(try Self.read("<!doctype html>" + page))
  }

  /// A host is not hidden by what a browser would not show as a tag.
  @Test(arguments: [
    "|Cloud|a <b `x1.example.com`|", "|Cloud|`x1.example.com <unknown>`|",
    "|Cloud|&#120;1.example.com|", "|Cloud|<b>x1</b> x1.example.com|",
  ])
  func hostsAreNotLost(_ row: String) throws {
    let reading = try Self.read(Self.table(row))
    #expect(reading.tokens.contains { $0.text.hasSuffix("1.example.com") }, "\(reading.tokens)")
  }

  @Test func tooMuchIsRefusedAndNotCut() throws {
    // The size is looked at before anything else: no published list has 50 MB.
    for size in [17 << 20, 50 << 20] {
      #expect(throws: CatalogueError.self) {
        try PageReader(editions: []).read(
          [UInt8](repeating: 0x78, count: size), file: "page", sha256: "")
      }
    }
  }
}
