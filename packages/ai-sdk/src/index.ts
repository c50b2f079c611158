export * as AiSdkProvider from "./AiSdkProvider.ts"
export * as MutoscopeModel from "./MutoscopeModel.ts"
