import Evidence
import ArgumentParser
import Audit
import CatalogueReaders
import ImportKit
import Inventory

/// Ends a command with a message and the exit status that fits its error.
enum Failure {
  static func run(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as ExitCode {
      throw error
    } catch let error as ValidationError {
      throw error
    } catch {
      Terminal.say("sallyport: \(message(error))")
      throw ExitCode(status(error).rawValue)
    }
  }

  static func message(_ error: any Error) -> String {
    switch error {
    case let error as ClientSelection.Failure: "\(error.reason); \(error.advice)"
    case let error as CatalogueLibrary.Failure: "\(error.reason); \(error.advice)"
    default: "\(error)"
    }
  }

  static func status(_ error: any Error) -> ExitStatus {
    switch error {
    case is ImportError, is CatalogueError, is EvidenceError: .inputNotUnderstood
    case let error as InputError:
      error.code == .notUnderstood ? .inputNotUnderstood : .inputNotFound
    case let error as InventoryError: status(error.code)
    case is SiteSetupError: .usage
    case is ClientSelection.Failure, is CatalogueLibrary.Failure: .usage
    case let error as OutputError: error.isInputOutput ? .inputOutput : .cannotCreate
    default: .ourFault
    }
  }

  private static func status(_ code: InventoryError.Code) -> ExitStatus {
    switch code {
    case .notFound: .inputNotFound
    case .notOurs, .damaged: .inputNotUnderstood
    case .cannotWrite: .cannotCreate
    case .busy: .busy
    case .unknownName: .usage
    case .inputOutput: .inputOutput
    }
  }
}
