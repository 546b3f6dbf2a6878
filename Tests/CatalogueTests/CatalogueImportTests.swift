import Audit
import CatalogueReaders
import EndpointCatalogue
import ImportKit
import Testing

/// How pages and lists become editions.
@Suite struct CatalogueImportTests {
  private func outcome(
    _ text: String, answers: ReadingAnswers = ReadingAnswers(), id: String? = nil,
    version: String? = nil, library: [Catalogue] = [PageReadingTests.known]
  ) throws -> CatalogueImport.Outcome {
    var work = CatalogueImport(library: CatalogueLibrary(library), seen: "2026-11-28")
    work.answers = answers
    work.id = id
    work.version = version
    let outcomes = try work.outcome(
      of: [ExportFile(name: "page", bytes: Array(text.utf8))])
    return try #require(outcomes.first)
  }

  private static func page(date: String?, _ rows: String = "") -> String {
    (date.map { "---\nms.date: \($0)\n---\n" } ?? "")
      + """
      # Invented
      |Service|URL|
      |---|---|
      |Cloud|`*.cloud.example.com`<br>`*.cloudalt.example.com`|
      |Updates|`*.download.example.com`<br>`go.example.com`|
      |Lists|`http://pki.example.net/lists/`|
      \(rows)

      """
  }

  @Test func equalPageConfirms() throws {
    guard case .same(let edition, let confirmation) = try outcome(Self.page(date: "05/31/2026"))
    else {
      Issue.record("not the same")
      return
    }
    #expect(edition.reference == "invented@2025-01-31")
    #expect(confirmation?.on == "2026-11-28")
  }

  /// A page that says what an older edition said does not speak of the present.
  @Test func oldPageConfirmsNothing() throws {
    var newer = PageReadingTests.known
    newer.version = "2026-01-31"
    newer.published = "2026-01-31"
    newer.endpoints.removeLast()
    guard
      case .same(let edition, nil) = try outcome(
        Self.page(date: "01/31/2025"), library: [PageReadingTests.known, newer])
    else {
      Issue.record("confirmed")
      return
    }
    #expect(edition.version == "2025-01-31")
  }

  @Test func otherRowsAreAnEdition() throws {
    let page = Self.page(date: "05/31/2026", "|Updates|`new.example.com` (Port 80)|")
    guard case .edition(let edition, _) = try outcome(page) else {
      Issue.record("no edition")
      return
    }
    #expect(edition.reference == "invented@2026-05-31")
    #expect(edition.endpoints.last?.text == "new.example.com")
    #expect(edition.endpoints.last?.service == "updates")
    #expect(edition.endpoints.last?.portsRequired == [443, 80])
    #expect(edition.source.sha256.count == 64)
    #expect(edition.dates["first_seen"]?.from == "2026-11-28")
  }

  /// A page with a known edition's date and other rows may have been edited by anybody.
  @Test func editedCopyIsRefused() throws {
    let page = Self.page(date: "01/31/2025", "|Updates|`new.example.com`|")
    let error = #expect(throws: CatalogueError.self) { try outcome(page) }
    #expect(error?.reason.contains("edited copy") ?? false)
    guard case .edition(let edition, _) = try outcome(page, version: "2025-01-31-b") else {
      Issue.record("no edition")
      return
    }
    #expect(edition.version == "2025-01-31-b")
  }

  /// A page without a date asks for it, or takes the version that is given.
  @Test func versionSettlesTheDate() throws {
    let page = Self.page(date: nil, "|Updates|`new.example.com`|")
    guard case .questions(let reading) = try outcome(page) else {
      Issue.record("not asked")
      return
    }
    #expect(reading.questions.map(\.kind) == [.date])
    guard case .edition(let edition, _) = try outcome(page, version: "2026-05-31") else {
      Issue.record("no edition")
      return
    }
    #expect(edition.reference == "invented@2026-05-31")
  }

  @Test func questionsStoreNothing() throws {
    let page = Self.page(date: "05/31/2026", "|New thing|`new.example.com`|")
    guard case .questions(let reading) = try outcome(page) else {
      Issue.record("not asked")
      return
    }
    // The proposals, signed by a person, settle it, and are kept with the edition.
    var text = String(decoding: AnswersJSON.write(reading), as: UTF8.self)
    text = text.replacing("\"by\": \"\"", with: "\"by\": \"J. Doe\"")
      .replacing("\"on\": \"\"", with: "\"on\": \"2026-11-28\"")
    let answers = try AnswersJSON.read(Array(text.utf8), file: "answers")
    guard case .edition(let edition, _) = try outcome(page, answers: answers) else {
      Issue.record("no edition")
      return
    }
    #expect(edition.endpoints.last?.service == "new-thing")
    #expect(edition.answers.first?.by == "J. Doe")
    #expect(try CatalogueJSON.read(CatalogueJSON.write(edition), file: "again") == edition)
  }

  /// Nobody has answered where nobody has signed.
  @Test(arguments: [
    #"{"schema": "sallyport.answers/1", "by": "", "on": "2026-11-28", "answers": []}"#,
    #"{"schema": "sallyport.answers/1", "by": "J", "on": "2026-02-30", "answers": []}"#,
    #"{"schema": "sallyport.answers/1", "by": "J", "on": "2026-01-31", "anwsers": []}"#,
    #"{"schema": "sallyport.answers/1", "by": "J", "on": "2026-01-31", "answers": [{"kind": "x", "token": "", "answer": "y"}]}"#,
  ])
  func unsignedAnswersAreRefused(_ text: String) {
    #expect(throws: CatalogueError.self) {
      try AnswersJSON.read(Array(text.utf8), file: "answers")
    }
  }

  /// Another list that has the same hosts under other services changes nothing.
  @Test func otherListsNameNoServices() throws {
    var other = PageReadingTests.known
    other.id = "other"
    other.endpoints = other.endpoints.dropLast().map { endpoint in
      var endpoint = endpoint
      endpoint.service = "else"
      return endpoint
    }
    guard
      case .same(let edition, _) = try outcome(
        Self.page(date: "05/31/2026"), library: [other, PageReadingTests.known])
    else {
      Issue.record("not the same")
      return
    }
    #expect(edition.id == "invented")
  }

  // MARK: Authority

  /// Three rows under the publisher's name would silently replace the publisher's list.
  @Test func ownFileUnderAPublishersNameAddsOnly() throws {
    let builtIn = try BuiltInCatalogues.all()
    func list(_ host: String, _ id: String) -> String {
      """
      {"schema": "sallyport.catalogue/1", "id": "\(id)", "version": "2026-09-01",
       "title": "Own", "published": "2026-09-01", "source": {"title": "Own"},
       "services": [{"id": "maps", "name": {"en": "M"}}],
       "endpoints": [
        {"service": "maps", "host": "*.wdcp.microsoft.com", "ports_required": [443]},
        {"service": "maps", "host": "\(host)", "ports_required": [443]}]}
      """
    }
    for id in ["defender-antivirus", "defender-antivirus/local"] {
      let error = #expect(throws: CatalogueError.self) {
        try outcome(list("*.wd.microsoft.com", id), library: builtIn)
      }
      #expect(error?.reason.contains("by waiver only") ?? false)
      guard case .edition(let edition, _) = try outcome(list("x.example.com", id), library: builtIn)
      else {
        Issue.record("no edition")
        return
      }
      #expect(edition.reference == "defender-antivirus/local@2026-09-01")
      #expect(edition.endpoints.map(\.text) == ["x.example.com"])
    }
  }

  // MARK: Profiles

  @Test func profileSelectsRows() throws {
    var profile = ListProfile("own;platform=Windows;geography=EU;defender-for-endpoint=yes")
    #expect(profile.reference == "own")
    #expect(profile.text == "own;platform=Windows;geography=EU;defender-for-endpoint=yes")
    #expect(ListProfile(nil).text == nil)
    func row(_ platform: String?, _ geography: String?) throws -> Endpoint {
      try #require(
        Endpoint(
          service: "a", text: "x.example.com", host: "x.example.com", portsRequired: [443],
          platform: platform, geography: geography))
    }
    let table: [(String?, String?, Bool)] = [
      (nil, nil, true), ("All", "WW", true), ("Windows", "EU", true), ("Linux", nil, false),
      ("Windows/Mac/Linux", nil, true), ("macOS", "EU", false), (nil, "US", false),
      ("Windows", "US, EU", true),
    ]
    for (platform, geography, isKept) in table {
      let row = try row(platform, geography)
      #expect((profile.reasonToLeaveOut(row) == nil) == isKept, "\(row)")
    }
    profile.platform = nil
    #expect(profile.reasonToLeaveOut(try row("Linux", nil)) == nil)
  }

  // MARK: Other lists

  @Test func microsoft365ListIsRead() throws {
    let sets = """
      [{"id": 1, "serviceArea": "Exchange", "serviceAreaDisplayName": "Exchange Online",
        "urls": ["mail.example.com", "autodiscover.*.example.com"], "ips": ["192.0.2.0/24"],
        "tcpPorts": "80,443", "udpPorts": "3478-3481", "expressRoute": true,
        "category": "Optimize", "required": true},
       {"id": 11, "serviceArea": "Skype", "ips": ["198.51.100.0/24", "2001:db8::/48"],
        "udpPorts": "3478", "expressRoute": true, "category": "Optimize", "required": true},
       {"id": 47, "serviceArea": "Common", "urls": ["*cdn.example.net"], "tcpPorts": "443",
        "expressRoute": false, "category": "Default", "required": false, "notes": "Clip art"}]
      """
    var work = CatalogueImport(library: CatalogueLibrary([]), seen: "2026-11-28")
    let version = #"{"instance": "Worldwide", "latest": "2026103101"}"#
    let files = [sets, version].map { ExportFile(name: "f", bytes: Array($0.utf8)) }
    guard case .edition(let edition, _)? = try work.outcome(of: files).first else {
      Issue.record("no edition")
      return
    }
    #expect(edition.reference == "microsoft-365-worldwide@2026-10-31.01")
    let named = edition.endpoints.filter { $0.transport == "tcp" && $0.address == nil }
    #expect(
      named.map(\.text) == ["mail.example.com", "autodiscover.*.example.com", "*cdn.example.net"])
    #expect(named.map(\.portsRequired) == [[80, 443], [80, 443], [443]])
    #expect(named.map(\.level) == [.required, .required, .optional])
    #expect(edition.endpoints.count { $0.transport == "udp" } == 5)
    #expect(
      edition.endpoints.allSatisfy {
        ($0.unjudged != nil) == ($0.transport == "udp" || $0.address != nil)
      })
    // Without a version nobody knows which edition it is.
    work.id = nil
    #expect(throws: CatalogueError.self) { try work.outcome(of: [files[0]]) }
  }

  @Test func microsoft365ChangesAreRead() throws {
    let text = """
      [{"id": 1, "endpointSetId": 8, "disposition": "change", "impact": "AddedUrl",
        "version": "2026103100", "add": {"effectiveDate": "20261201", "urls": ["*.example.com"]}},
       {"id": 2, "endpointSetId": 11, "disposition": "Change", "impact": "ChangedIsExpressRoute",
        "version": "2026103100", "previous": {"expressRoute": false}, "current": {}}]
      """
    let changes = try Microsoft365Change.read(Array(text.utf8), file: "changes")
    #expect(changes.map(\.asksOfRules) == [true, false])
    #expect(changes.map(\.effective) == ["2026-12-01", nil])
    #expect(changes.map(\.disposition) == ["change", "change"])
    let told = Microsoft365ChangesText.text(changes, today: "2026-11-28", width: 100)
    #expect(told.contains("from 2026-12-01, not yet in force"))
    for wrong in [
      "[]", "{}", text.replacing("20261201", with: "20261301"),
      text.replacing("\"add\"", with: "\"ad\""),
    ] {
      #expect(throws: CatalogueError.self) {
        try Microsoft365Change.read(Array(wrong.utf8), file: "changes")
      }
    }
  }

  @Test func csvIsRead() throws {
    let table = """
      Service,Port,Endpoint/URLs,Required / Optional,OS,Comments
      Core,443,*.core.example.com,Required,All,
      Checks,80,"www.example.com/pki/*
      crl.example.com",Optional,Windows,Where lists are fetched
      """
    guard
      case .edition(let edition, _) = try outcome(
        table, id: "invented-endpoint", version: "2026-01-31")
    else {
      Issue.record("no edition")
      return
    }
    #expect(
      edition.endpoints.map(\.host) == ["*.core.example.com", "www.example.com", "crl.example.com"])
    #expect(edition.endpoints.map(\.path) == [nil, "/pki/", nil])
    #expect(edition.endpoints.map(\.portsRequired) == [[443], [80], [80]])
    #expect(edition.endpoints.map(\.level) == [.required, .optional, .optional])
    for wrong in [
      "host,port,colour\nx.example.com,443,red\n", "host,port\nx.example.com,\n",
      "host,port\n,443\n", "host,port\nx y,443\n", "host,port\nx.example.com,0\n",
    ] {
      #expect(throws: CatalogueError.self) {
        try outcome(wrong, id: "x", version: "2026-01-31")
      }
    }
  }

  @Test func plainListAsksForPortsAndService() throws {
    let list = "a.example.org\n*.b.example.org\na.example.org\n"
    guard case .questions(let reading) = try outcome(list) else {
      Issue.record("not asked")
      return
    }
    #expect(reading.rows.map(\.host) == ["a.example.org", "*.b.example.org"])
    #expect(Set(reading.questions.map(\.kind)) == [.ports, .service, .date])
  }

  @Test func serviceTagsAreRead() throws {
    let file = """
      {"changeNumber": 1, "cloud": "Public", "values": [
        {"name": "OneDsCollector", "properties": {"addressPrefixes": ["192.0.2.0/24", "2001:db8::/32"]}},
        {"name": "Other", "properties": {"addressPrefixes": ["203.0.113.0/24"]}}]}
      """
    guard case .edition(let edition, _) = try outcome(file, version: "2026-01-31") else {
      Issue.record("no edition")
      return
    }
    #expect(edition.endpoints.map(\.address) == ["192.0.2.0/24", "2001:db8::/32"])
  }
}
