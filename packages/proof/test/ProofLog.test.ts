import { ProofLog } from "../src/ProofLog.ts"
import { proofLogSuite } from "./proofLogSuite.ts"

proofLogSuite("in memory", ProofLog.layerMemory)
