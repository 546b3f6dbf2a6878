import EndpointCatalogue

/// What a published page says: each host-shaped word of it is a row, a citation, a link, a path or
/// a question, and the classes add up to all words.
package struct PageReading: Sendable {
  package enum TokenClass: String, CaseIterable, Sendable {
    case row
    case citation
    case link
    case path
    case question
  }

  package struct Token: Hashable, Sendable {
    package let text: String
    package let line: Int
    package let column: Int
    package let tokenClass: TokenClass
  }

  package struct Row: Hashable, Sendable {
    /// Identifier of a service that an edition knows, else the title of the group as printed.
    package var service: String
    /// The title of the group as printed.
    package var title: String
    /// As printed, without notes.
    package var text: String
    /// In lower case; stars as printed, one at the end left out.
    package var host: String
    package var path: String?
    package var pathMatch: Endpoint.PathMatch?
    package var scheme: String?
    package var portsRequired: [Int]
    package var portsAdvised: [Int]
    package var line: Int
    package var column: Int
    /// What stands in parentheses behind it.
    package var note: String?
    package var level: Endpoint.Level = .required
    /// When an optional row is needed, as printed.
    package var condition: String?
    package var platform: String?
    package var geography: String?

    /// The row as a catalogue has it; nil where its host cannot be read as one.
    package var endpoint: Endpoint? {
      Endpoint(
        service: service, text: text, host: host, path: path, pathMatch: pathMatch, scheme: scheme,
        portsRequired: portsRequired.compactMap { UInt16(exactly: $0) },
        portsAdvised: portsAdvised.compactMap { UInt16(exactly: $0) }, note: note, level: level,
        condition: condition, platform: platform, geography: geography)
    }
  }

  package struct Question: Hashable, Sendable {
    package enum Kind: String, Sendable {
      /// Is this word a row of the list? `row` or `no row`.
      case membership
      /// Which service needs this row? An identifier.
      case service
      /// Which ports? Numbers.
      case ports
      /// Which host is meant? Its text, or `no row`.
      case host
      /// Does the page make this statement? `yes`, `no` or a value.
      case statement
      /// When was the page published? A date.
      case date
      /// Which list is this? Its identifier.
      case list
    }

    package var number = 0
    package let kind: Kind
    package let token: String
    package let line: Int
    package let asks: String
    package let proposal: String
  }

  package struct Nearest: Sendable {
    package let edition: Catalogue
    /// Whether the rows are the same: endpoints, services, schemes and ports.
    package let isSame: Bool
  }

  package var file: String
  package var sha256: String
  package var encoding: String
  /// Identifier of the list; nil where no edition is like it.
  package var list: String?
  package var title: String
  /// Such as `en-us`; nil where the page does not say.
  package var locale: String?
  /// ISO date that the page gives itself.
  package var date: String?
  package var url: String?
  package var rows: [Row] = []
  package var tokens: [Token] = []
  package var questions: [Question] = []
  package var nearest: Nearest?
  package var statements: [String: Statement] = [:]
  /// Where each statement comes from: `page` or the reference of an edition.
  package var statementSources: [String: String] = [:]
  /// Titles of the services as printed, by what ``Row/service`` says.
  package var services: [(id: String, title: String)] = []

  package func count(_ tokenClass: TokenClass) -> Int {
    tokens.count { $0.tokenClass == tokenClass }
  }

  /// The rows as an edition of a list, for comparison; rows that cannot be read as endpoints are
  /// left out, and asked about.
  package func catalogue(id: String, version: String) -> Catalogue {
    Catalogue(
      id: id, version: version, title: title, published: date ?? version,
      effective: date ?? version,
      source: CatalogueSource(
        title: title, url: url ?? "", locale: locale ?? "", sha256: sha256),
      statements: statements,
      services: services.map { CatalogueService(id: $0.id, names: ["en": $0.title]) },
      endpoints: rows.compactMap(\.endpoint))
  }
}

/// What a person answered to the questions of a reading; kept with the edition.
package struct ReadingAnswers: Sendable {
  package struct Answer: Hashable, Sendable {
    package let kind: PageReading.Question.Kind
    package let token: String
    package let answer: String

    package init(kind: PageReading.Question.Kind, token: String, answer: String) {
      self.kind = kind
      self.token = token
      self.answer = answer
    }
  }

  package var by = ""
  /// ISO date.
  package var on = ""
  package var answers: [Answer] = []

  package init() {}

  package func answer(_ kind: PageReading.Question.Kind, _ token: String = "") -> String? {
    answers.last { $0.kind == kind && $0.token == token }?.answer
  }
}

/// Identifiers that are made of what a page prints.
package enum PageIdentifier {
  /// Letters and digits of ASCII in lower case, hyphens between.
  package static func slug(_ title: String) -> String { RowBuilder.slug(title) }
}
